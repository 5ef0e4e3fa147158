#include "linekeeper/net/listener.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "linekeeper/base/errc.hpp"
#include "socket_impl.hpp"

namespace linekeeper::net {

using asio::ip::tcp;

struct Listener::Impl {
  explicit Impl(const asio::any_io_executor& executor) : acceptor(executor) {}
  tcp::acceptor acceptor;
  tcp::endpoint local;
  bool closed = false;
};

Listener::Listener(std::shared_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Listener::Listener(Listener&&) noexcept = default;
Listener& Listener::operator=(Listener&& other) noexcept {
  if (this != &other) {
    close_now();
    impl_ = std::move(other.impl_);
  }
  return *this;
}
Listener::~Listener() {
  close_now();
}

Result<Listener> Listener::listen(asio::any_io_executor executor, HostPort at) {
  error_code ec;
  const auto address = asio::ip::make_address(at.host == "localhost" ? "127.0.0.1" : at.host, ec);
  if (ec) return Errc::invalid_argument;
  auto impl = std::make_shared<Impl>(executor);
  const tcp::endpoint wanted(address, at.port);
  impl->acceptor.open(wanted.protocol(), ec);
  if (ec) return ec;
  impl->acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) impl->acceptor.bind(wanted, ec);
  if (!ec) impl->acceptor.listen(tcp::acceptor::max_listen_connections, ec);
  if (!ec) impl->local = impl->acceptor.local_endpoint(ec);
  if (ec) return ec;
  return Listener(std::move(impl));
}

namespace {

/// The acceptor stays alive while it accepts, whoever destroys the Listener meanwhile.
template <typename ImplPtr>
awaitable<Result<Socket>> accept_from(ImplPtr self) {
  if (!self || self->closed) co_return Errc::cancelled;
  error_code ec;
  tcp::socket accepted = co_await self->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, ec));
  if (self->closed || ec == asio::error::operation_aborted) co_return Errc::cancelled;
  if (ec) co_return ec;
  co_return Socket(std::make_shared<Socket::Impl>(std::move(accepted)));
}

}  // namespace

awaitable<Result<Socket>> Listener::accept() {
  return accept_from(impl_);
}

void Listener::close_now() noexcept {
  if (!impl_ || impl_->closed) return;
  impl_->closed = true;
  error_code ignored;
  impl_->acceptor.close(ignored);
}

std::uint16_t Listener::port() const noexcept {
  return impl_ ? impl_->local.port() : std::uint16_t{0};
}

std::string Listener::address() const {
  if (!impl_) return {};
  const std::string address = impl_->local.address().to_string();
  return (impl_->local.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(impl_->local.port());
}

}  // namespace linekeeper::net
