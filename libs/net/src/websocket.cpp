#include "linekeeper/net/websocket.hpp"

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <vector>

#include "linekeeper/base/errc.hpp"
#include "websocket_frames.hpp"

namespace linekeeper::net {

struct WebSocket::Impl {
  Impl(Socket stream, WebSocketFrames::Role role) : socket(std::move(stream)), frames(role, kMaxMessage) {}

  /// Ends with the socket closed; what ended it stays known.
  void end(error_code why) noexcept {
    if (!over) over = why;
    socket.close_now();
    wake();
  }

  /// Somebody's progress may be what others wait for.
  void wake() noexcept {
    for (const auto& waiting : waiters)
      if (const auto timer = waiting.lock()) timer->cancel();
    waiters.clear();
  }

  Socket socket;
  WebSocketFrames frames;
  std::optional<error_code> over;
  bool reading = false;
  bool flushing = false;
  unsigned without_waiting = 0;  ///< Reads in a row that found bytes at once.
  std::vector<std::weak_ptr<asio::steady_timer>> waiters;
};

namespace {

using Impl = WebSocket::Impl;
using ImplPtr = std::shared_ptr<Impl>;

/// How long a peer gets to take our pong or our last words.
constexpr auto kPatience = std::chrono::seconds(5);

/// Input passes through one buffer a thread, because it is taken and used up without a suspension in between.
std::span<std::uint8_t> scratch() {
  static thread_local std::array<std::uint8_t, 16 * 1024> buffer;
  return buffer;
}

struct Flag {
  explicit Flag(bool& which) noexcept : flag(which) { flag = true; }
  Flag(const Flag&) = delete;
  Flag& operator=(const Flag&) = delete;
  ~Flag() { flag = false; }
  bool& flag;
};

/// Until the next `wake` or the deadline, whichever comes first.
awaitable<void> wait_for_progress(ImplPtr self, Deadline deadline) {
  const auto timer = std::make_shared<asio::steady_timer>(self->socket.executor(), deadline.when());
  self->waiters.push_back(timer);
  error_code ignored;
  co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

/// Hands everything pending to the kernel.
awaitable<Result<void>> drain(ImplPtr self, Deadline deadline) {
  while (!self->frames.pending().empty()) {
    const auto sent = self->socket.try_write(self->frames.pending());
    if (!sent) co_return sent.error();
    if (*sent > 0) {
      self->frames.sent(*sent);
      continue;
    }
    const auto ready = co_await self->socket.wait_writable(deadline);
    if (!ready) co_return ready.error();
  }
  co_return ok();
}

/// Until the first `upto` bytes ever queued are gone. One coroutine at a time drains for all.
awaitable<Result<void>> flush(ImplPtr self, std::uint64_t upto, Deadline deadline) {
  while (self->frames.total_sent() < upto) {
    if (self->over) co_return *self->over;
    if (deadline.passed()) co_return Errc::timed_out;
    if (self->flushing) {
      co_await wait_for_progress(self, deadline);
      continue;
    }
    Result<void> drained = ok();
    {
      const Flag busy(self->flushing);
      drained = co_await drain(self, deadline);
    }
    self->wake();
    if (!drained && drained.error() != Errc::timed_out) self->end(drained.error());
    if (!drained) co_return drained.error();
  }
  co_return ok();
}

/// Lets a peer read our close frame: closing with bytes unread would reset the connection under it.
awaitable<void> linger(ImplPtr self) {
  const Deadline deadline = Deadline::after(kPatience);
  self->socket.shutdown_write();
  while (!deadline.passed()) {
    const auto got = co_await self->socket.read_some(scratch(), deadline);
    if (!got) break;
  }
}

/// Takes what is there, waiting for it if need be.
awaitable<Result<void>> take_input(ImplPtr self, Deadline deadline) {
  const auto got = self->socket.try_read(scratch());
  if (!got) co_return got.error();
  if (*got > 0) {
    self->frames.feed(scratch().first(*got));
    if (++self->without_waiting < 16) co_return ok();
    self->without_waiting = 0;
    co_await asio::post(self->socket.executor(), asio::use_awaitable);
    co_return ok();
  }
  self->without_waiting = 0;
  const auto ready = co_await self->socket.wait_readable(deadline);
  co_return ready;
}

awaitable<Result<Bytes>> read_from(ImplPtr self, Deadline deadline) {
  if (!self) co_return Errc::cancelled;
  const Flag busy(self->reading);
  for (;;) {
    if (auto message = self->frames.next()) co_return std::move(*message);
    if (self->over) co_return *self->over;
    if (const auto end = self->frames.end()) {
      const auto flushed = co_await flush(self, self->frames.total_queued(), Deadline::after(kPatience));
      // After a close frame both sides have said all; after a refusal the peer may still be talking.
      if (flushed && !self->frames.close_received()) co_await linger(self);
      if (flushed) self->socket.shutdown_write();
      self->end(*end);
      continue;
    }
    const auto taken = co_await take_input(self, deadline);
    if (!taken && taken.error() == Errc::timed_out) co_return Errc::timed_out;
    if (!taken) self->end(taken.error());
    if (taken && !self->frames.end() && !self->frames.pending().empty() && !self->flushing) {
      // A pong. Nothing more is read before it is gone, so a peer that only asks cannot fill our memory.
      const auto flushed = co_await flush(self, self->frames.total_queued(), Deadline::after(kPatience));
      if (!flushed) self->end(Errc::connection_lost);
    }
  }
}

awaitable<Result<void>> write_to(ImplPtr self, Bytes message, Deadline deadline) {
  if (!self) co_return Errc::cancelled;
  if (message.size() > WebSocket::kMaxMessage) co_return Errc::too_large;
  while (!self->over && self->frames.pending().size() + message.size() > WebSocket::kMaxQueued) {
    if (deadline.passed()) co_return Errc::timed_out;
    if (self->flushing) {
      co_await wait_for_progress(self, deadline);
    } else {
      const auto flushed = co_await flush(self, self->frames.total_queued(), deadline);
      if (!flushed) co_return flushed.error();
    }
  }
  if (self->over) co_return *self->over;
  if (!self->frames.send_binary(message)) co_return Errc::connection_lost;
  message = Bytes();
  const auto flushed = co_await flush(self, self->frames.total_queued(), deadline);
  co_return flushed;
}

awaitable<Result<void>> ping_to(ImplPtr self, Bytes payload, Deadline deadline) {
  if (!self) co_return Errc::cancelled;
  if (payload.size() > 125) co_return Errc::too_large;
  if (self->over) co_return *self->over;
  if (!self->frames.send_ping(payload)) co_return Errc::connection_lost;
  const auto flushed = co_await flush(self, self->frames.total_queued(), deadline);
  co_return flushed;
}

awaitable<Result<void>> close_of(ImplPtr self, std::uint16_t code, Deadline deadline) {
  if (!self) co_return Errc::cancelled;
  if (self->over) co_return *self->over;
  self->frames.send_close(code);
  const auto flushed = co_await flush(self, self->frames.total_queued(), deadline);
  if (!flushed) {
    self->end(flushed.error());
    co_return flushed.error();
  }
  Result<void> outcome = ok();
  while (!self->over && outcome) {
    if (deadline.passed()) {
      outcome = Errc::timed_out;
    } else if (self->reading) {
      co_await wait_for_progress(self, deadline);  // that reader sees the answer
    } else {
      const auto ignored = co_await read_from(self, deadline);
      if (!ignored) outcome = ignored.error();
    }
  }
  self->end(Errc::connection_lost);
  if (self->frames.close_received()) co_return ok();
  if (outcome) co_return *self->over;
  co_return outcome;
}

}  // namespace

WebSocket WebSocket::over_client(Socket socket, Bytes leftover) {
  auto impl = std::make_shared<Impl>(std::move(socket), WebSocketFrames::Role::client);
  impl->frames.feed(leftover);
  return WebSocket(std::move(impl));
}

WebSocket WebSocket::over_server(Socket socket, Bytes leftover) {
  auto impl = std::make_shared<Impl>(std::move(socket), WebSocketFrames::Role::server);
  impl->frames.feed(leftover);
  return WebSocket(std::move(impl));
}

WebSocket& WebSocket::operator=(WebSocket&& other) noexcept {
  if (this != &other) {
    close_now();
    impl_ = std::move(other.impl_);
  }
  return *this;
}

awaitable<Result<Bytes>> WebSocket::read(Deadline deadline) {
  return read_from(impl_, deadline);
}

awaitable<Result<void>> WebSocket::write(Bytes message, Deadline deadline) {
  return write_to(impl_, std::move(message), deadline);
}

awaitable<Result<void>> WebSocket::ping(Bytes payload, Deadline deadline) {
  return ping_to(impl_, std::move(payload), deadline);
}

awaitable<Result<void>> WebSocket::close(std::uint16_t code, Deadline deadline) {
  return close_of(impl_, code, deadline);
}

void WebSocket::close_now() noexcept {
  if (impl_ && !impl_->over) impl_->end(Errc::cancelled);
}

bool WebSocket::is_open() const noexcept {
  return impl_ && !impl_->over && impl_->socket.is_open();
}
std::uint16_t WebSocket::close_code() const noexcept {
  return impl_ ? impl_->frames.close_code() : std::uint16_t{0};
}
std::string WebSocket::remote() const {
  return impl_ ? impl_->socket.remote() : std::string();
}
asio::any_io_executor WebSocket::executor() const {
  return impl_ ? impl_->socket.executor() : asio::any_io_executor();
}
Socket::Handle WebSocket::handle() const noexcept {
  return impl_ ? impl_->socket.handle() : Socket::Handle();
}

}  // namespace linekeeper::net
