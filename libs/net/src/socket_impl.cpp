#include "socket_impl.hpp"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <climits>
#include <csignal>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::net {
namespace {

/// OpenSSL writes without MSG_NOSIGNAL, so the process must not die of a peer that went away.
void ignore_sigpipe() {
  static const bool once = [] {
    struct sigaction present{};
    if (sigaction(SIGPIPE, nullptr, &present) == 0 && present.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
    return true;
  }();
  static_cast<void>(once);
}

int int_size(std::size_t size) noexcept {
  return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

}  // namespace

Socket::Impl::Impl(Stream connected) : stream(std::move(connected)) {
  ignore_sigpipe();
  error_code ignored;
  stream.native_non_blocking(true, ignored);
  stream.set_option(asio::ip::tcp::no_delay(true), ignored);
  peer = stream.remote_endpoint(ignored);
}

Result<std::size_t> Socket::Impl::try_read(std::span<std::uint8_t> into) {
  if (closed) return Errc::cancelled;
  if (lost) return Errc::connection_lost;
  if (into.empty()) return std::size_t{0};
  if (ssl) {
    ERR_clear_error();
    return tls_outcome(SSL_read(ssl.get(), into.data(), int_size(into.size())), reading, SSL_ERROR_WANT_WRITE);
  }
  for (;;) {
    const ssize_t n = ::recv(stream.native_handle(), into.data(), into.size(), 0);
    if (n > 0) return static_cast<std::size_t>(n);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::size_t{0};
    lost = true;
    return Errc::connection_lost;
  }
}

Result<std::size_t> Socket::Impl::try_write(ByteView bytes) {
  if (closed) return Errc::cancelled;
  // A plain stream whose other half ended may still be written to.
  if (bytes.empty()) return std::size_t{0};
  if (ssl) {
    if (lost) return Errc::connection_lost;
    ERR_clear_error();
    return tls_outcome(SSL_write(ssl.get(), bytes.data(), int_size(bytes.size())), writing, SSL_ERROR_WANT_READ);
  }
  for (;;) {
    const ssize_t n = ::send(stream.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::size_t{0};
    return Errc::connection_lost;
  }
}

/// `other` is what OpenSSL says if this direction has to wait for the opposite one.
Result<std::size_t> Socket::Impl::tls_outcome(int returned, Direction& direction, int other) {
  direction.wants_other = false;
  if (returned > 0) return static_cast<std::size_t>(returned);
  const int why = SSL_get_error(ssl.get(), returned);
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
    direction.wants_other = why == other;
    return std::size_t{0};
  }
  // The peer's close_notify ends its half only; anything else ends the connection.
  if (why != SSL_ERROR_ZERO_RETURN) lost = true;
  ERR_clear_error();
  return Errc::connection_lost;
}

awaitable<Result<void>> Socket::Impl::wait(std::shared_ptr<Impl> self, Way way, Deadline deadline) {
  if (self->closed) co_return Errc::cancelled;
  if (deadline.passed()) co_return Errc::timed_out;
  Direction& direction = self->direction(way);
  const bool for_reading = (way == Way::read) != direction.wants_other;
  const auto event = for_reading ? Stream::wait_read : Stream::wait_write;
  direction.deadline = deadline;
  direction.expired = false;
  direction.waiting = true;
  direction.without_waiting = 0;
  self->arm(way);
  for (;;) {
    error_code ec;
    co_await self->stream.async_wait(event, asio::redirect_error(asio::use_awaitable, ec));
    if (self->closed || direction.expired || ec != asio::error::operation_aborted) {
      direction.waiting = false;
      if (self->closed) co_return Errc::cancelled;
      if (direction.expired) co_return Errc::timed_out;
      if (ec) co_return Errc::connection_lost;
      co_return ok();
    }
    // Woken because the other direction's time was up (a descriptor cancels both), or because our caller was cancelled.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
      direction.waiting = false;
      co_return Errc::cancelled;
    }
  }
}

void Socket::Impl::arm(Way way) {
  Direction& d = direction(way);
  if (d.deadline.is_never()) return;
  // A timer that ends sooner looks at the deadline again by then.
  if (d.armed && d.armed_for <= d.deadline) return;
  if (!d.timer) d.timer = std::make_unique<asio::steady_timer>(stream.get_executor());
  d.armed = true;
  d.armed_for = d.deadline;
  d.timer->expires_at(d.deadline.when());
  d.timer->async_wait([weak = weak_from_this(), way](error_code ec) {
    if (ec) return;
    if (const auto self = weak.lock()) self->on_timer(way);
  });
}

void Socket::Impl::on_timer(Way way) {
  Direction& d = direction(way);
  d.armed = false;
  if (closed || !d.waiting) return;
  if (!d.deadline.passed()) return arm(way);
  d.expired = true;
  error_code ignored;
  stream.cancel(ignored);
}

void Socket::Impl::shutdown_write() noexcept {
  if (closed) return;
  if (ssl && !lost) {
    ERR_clear_error();
    SSL_shutdown(ssl.get());
    ERR_clear_error();
  }
  error_code ignored;
  stream.shutdown(Stream::shutdown_send, ignored);
}

void Socket::Impl::close_now() noexcept {
  if (closed) return;
  closed = true;
  ssl.reset();
  error_code ignored;
  stream.close(ignored);
  if (reading.timer) reading.timer->cancel();
  if (writing.timer) writing.timer->cancel();
}

awaitable<void> take_turns(std::shared_ptr<Socket::Impl> self, Way way) {
  constexpr unsigned kTurn = 16;
  unsigned& streak = self->direction(way).without_waiting;
  if (++streak < kTurn) co_return;
  streak = 0;
  co_await asio::post(self->stream.get_executor(), asio::use_awaitable);
}

}  // namespace linekeeper::net
