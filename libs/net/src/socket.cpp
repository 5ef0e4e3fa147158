#include "linekeeper/net/socket.hpp"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "linekeeper/base/errc.hpp"
#include "socket_impl.hpp"

namespace linekeeper::net {
namespace {

using ImplPtr = std::shared_ptr<Socket::Impl>;

awaitable<Result<std::size_t>> read_some_of(ImplPtr self, std::span<std::uint8_t> into, Deadline deadline) {
  if (!self) co_return Errc::cancelled;
  co_await take_turns(self, Way::read);
  for (;;) {
    const auto got = self->try_read(into);
    if (!got || *got > 0) co_return got;
    const auto ready = co_await Socket::Impl::wait(self, Way::read, deadline);
    if (!ready) co_return ready.error();
  }
}

awaitable<Result<void>> write_to(ImplPtr self, ByteView bytes, Deadline deadline) {
  if (!self) co_return Errc::cancelled;
  if (self->closed) co_return Errc::cancelled;
  while (!bytes.empty()) {
    const auto sent = self->try_write(bytes);
    if (!sent) co_return sent.error();
    if (*sent > 0) {
      bytes = bytes.subspan(*sent);
      continue;
    }
    const auto ready = co_await Socket::Impl::wait(self, Way::write, deadline);
    if (!ready) co_return ready.error();
  }
  co_return ok();
}

awaitable<Result<void>> wait_for(ImplPtr self, Way way, Deadline deadline) {
  if (!self) co_return Errc::cancelled;
  if (way == Way::read && self->ssl && SSL_pending(self->ssl.get()) > 0) co_return ok();
  const auto ready = co_await Socket::Impl::wait(self, way, deadline);
  co_return ready;
}

awaitable<Result<std::uint8_t>> peek_at(ImplPtr self, Deadline deadline) {
  if (!self) co_return Errc::cancelled;
  if (self->ssl) co_return Errc::invalid_argument;
  for (;;) {
    if (self->closed) co_return Errc::cancelled;
    std::uint8_t first = 0;
    const ssize_t n = ::recv(self->stream.native_handle(), &first, 1, MSG_PEEK);
    if (n == 1) co_return first;
    if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) co_return Errc::connection_lost;
    const auto ready = co_await Socket::Impl::wait(self, Way::read, deadline);
    if (!ready) co_return ready.error();
  }
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    close_now();
    impl_ = std::move(other.impl_);
  }
  return *this;
}

awaitable<Result<std::size_t>> Socket::read_some(std::span<std::uint8_t> into, Deadline deadline) {
  return read_some_of(impl_, into, deadline);
}

Result<std::size_t> Socket::try_read(std::span<std::uint8_t> into) {
  if (!impl_) return Errc::cancelled;
  return impl_->try_read(into);
}

awaitable<Result<void>> Socket::wait_readable(Deadline deadline) {
  return wait_for(impl_, Way::read, deadline);
}

awaitable<Result<void>> Socket::write(ByteView bytes, Deadline deadline) {
  return write_to(impl_, bytes, deadline);
}

Result<std::size_t> Socket::try_write(ByteView bytes) {
  if (!impl_) return Errc::cancelled;
  return impl_->try_write(bytes);
}

awaitable<Result<void>> Socket::wait_writable(Deadline deadline) {
  return wait_for(impl_, Way::write, deadline);
}

awaitable<Result<std::uint8_t>> Socket::peek(Deadline deadline) {
  return peek_at(impl_, deadline);
}

void Socket::shutdown_write() noexcept {
  if (impl_) impl_->shutdown_write();
}

void Socket::close_now() noexcept {
  if (impl_) impl_->close_now();
}

bool Socket::is_open() const noexcept {
  return impl_ && !impl_->closed;
}
bool Socket::tls_resumed() const noexcept {
  return impl_ && impl_->ssl && SSL_session_reused(impl_->ssl.get()) == 1;
}

bool Socket::tls() const noexcept {
  return impl_ && impl_->ssl;
}

std::string Socket::remote() const {
  if (!impl_ || impl_->peer.port() == 0) return {};
  const std::string address = impl_->peer.address().to_string();
  const bool brackets = impl_->peer.address().is_v6();
  return (brackets ? "[" + address + "]" : address) + ":" + std::to_string(impl_->peer.port());
}

std::string Socket::peer_name() const {
  if (!impl_ || !impl_->ssl || SSL_get_verify_result(impl_->ssl.get()) != X509_V_OK) return {};
  X509* const certificate = SSL_get1_peer_certificate(impl_->ssl.get());
  if (certificate == nullptr) return {};
  std::array<char, 256> name{};
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                                             static_cast<int>(name.size()));
  X509_free(certificate);
  // A name with a zero byte or one that was cut is not what it seems.
  const bool whole =
      size > 0 && std::size_t(size) + 1 < name.size() && std::string_view(name.data()).size() == std::size_t(size);
  return whole ? std::string(name.data(), std::size_t(size)) : std::string();
}

asio::any_io_executor Socket::executor() const {
  return impl_ ? asio::any_io_executor(impl_->stream.get_executor()) : asio::any_io_executor();
}

Socket::Handle Socket::handle() const noexcept {
  Handle handle;
  handle.impl_ = impl_;
  return handle;
}

void Socket::Handle::close_now() const noexcept {
  if (const auto impl = impl_.lock()) impl->close_now();
}

}  // namespace linekeeper::net
