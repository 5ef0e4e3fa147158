#include <sys/socket.h>

#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <optional>

#include "linekeeper/base/errc.hpp"
#include "resolve.hpp"
#include "tls_stream.hpp"

namespace linekeeper::net {
namespace {

using asio::ip::tcp;
using ImplPtr = std::shared_ptr<Socket::Impl>;

void tell(ConnectReport* report, std::string detail) {
  if (report != nullptr) report->detail = std::move(detail);
}

/// Connected, refused, or neither yet.
std::optional<Result<void>> progress_of(Socket::Impl::Stream& stream) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(stream.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
    return Result<void>(Errc::connect_refused);
  error_code ec;
  stream.remote_endpoint(ec);
  if (ec == asio::error::not_connected) return std::nullopt;
  return ec ? Result<void>(Errc::connect_refused) : ok();
}

awaitable<Result<ImplPtr>> connect_to(tcp::endpoint endpoint, Deadline deadline) {
  const auto executor = co_await asio::this_coro::executor;
  Socket::Impl::Stream stream(executor);
  error_code ec;
  stream.open(endpoint.protocol(), ec);
  if (ec) co_return Errc::connect_refused;
  const auto impl = std::make_shared<Socket::Impl>(std::move(stream));
  impl->peer = endpoint;
  Socket closing(impl);  // until the connection stands
  // Connecting is waiting for writability, so that it shares the deadline machinery of everything else.
  const int called = ::connect(impl->stream.native_handle(), endpoint.data(), static_cast<socklen_t>(endpoint.size()));
  if (called != 0 && errno != EINPROGRESS) co_return Errc::connect_refused;
  for (;;) {
    const auto progress = progress_of(impl->stream);
    if (progress && !*progress) co_return progress->error();
    if (progress) break;
    const auto ready = co_await Socket::Impl::wait(impl, Way::write, deadline);
    if (!ready) co_return ready.error();
  }
  co_return Socket::Access::release(closing);
}

/// The n-th part of the time left, so that one silent address does not use up all of it.
Deadline share_of(Deadline deadline, std::size_t parts) {
  if (deadline.is_never()) return Deadline::after(std::chrono::seconds(10));
  const auto now = Deadline::Clock::now();
  return Deadline::at(now + (deadline.when() - now) / static_cast<Deadline::Clock::rep>(parts));
}

awaitable<Result<ImplPtr>> connect_any(std::string host, std::uint16_t port, bool loopback_only, Deadline deadline,
                                       ConnectReport* report) {
  const auto endpoints = co_await resolve(host, port, deadline);
  if (!endpoints) {
    tell(report, "no address for " + host);
    co_return endpoints.error();
  }
  Result<ImplPtr> last = Errc::connect_refused;
  for (std::size_t i = 0; i < endpoints->size(); ++i) {
    const tcp::endpoint endpoint = (*endpoints)[i];
    if (loopback_only && !endpoint.address().is_loopback()) {
      tell(report, "certificates may go unchecked for loopback addresses only");
      co_return Errc::invalid_argument;
    }
    const Deadline limit = share_of(deadline, endpoints->size() - i);
    last = co_await connect_to(endpoint, limit);
    if (last) co_return last;
    tell(report, endpoint.address().to_string() + " port " + std::to_string(port) + ": " + last.error().message());
    if (last.error() == Errc::cancelled || deadline.passed()) break;
  }
  co_return last;
}

}  // namespace

awaitable<Result<Socket>> connect_plain(std::string host, std::uint16_t port, Deadline deadline,
                                        ConnectReport* report) {
  auto connected = co_await connect_any(std::move(host), port, false, deadline, report);
  if (!connected) co_return connected.error();
  co_return Socket(std::move(*connected));
}

awaitable<Result<Socket>> connect_tls(std::string host, std::uint16_t port, TlsContext tls, Deadline deadline,
                                      ConnectReport* report) {
  auto connected = co_await connect_any(host, port, tls.insecure(), deadline, report);
  if (!connected) co_return connected.error();
  Socket socket(*connected);  // closes the connection on every way out but success
  std::string* const detail = report == nullptr ? nullptr : &report->detail;
  const auto secured = co_await start_tls_client(*connected, std::move(tls), std::move(host), deadline, detail);
  if (!secured) co_return secured.error();
  co_return std::move(socket);
}

}  // namespace linekeeper::net
