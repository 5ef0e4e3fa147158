#include "linekeeper/base/errc.hpp"
#include "tls_stream.hpp"

namespace linekeeper::net {
namespace {

constexpr std::uint8_t kTlsHandshakeRecord = 0x16;

}  // namespace

awaitable<Result<Socket>> accept_tls(Socket plain, TlsContext tls, Deadline deadline) {
  auto stream = Socket::Access::release(plain);
  if (!stream) co_return Errc::cancelled;
  Socket secured(stream);  // closes the connection on every way out but success
  const auto done = co_await start_tls_server(stream, tls, deadline);
  if (!done) co_return done.error();
  co_return std::move(secured);
}

awaitable<Result<Socket>> accept_plain_or_tls(Socket plain, TlsContext tls, Deadline deadline) {
  const auto first = co_await plain.peek(deadline);
  if (!first) co_return first.error();
  if (*first != kTlsHandshakeRecord) co_return std::move(plain);
  auto secured = co_await accept_tls(std::move(plain), std::move(tls), deadline);
  co_return std::move(secured);
}

}  // namespace linekeeper::net
