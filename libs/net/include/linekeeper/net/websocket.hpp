#pragma once

#include <cstdint>
#include <memory>

#include "linekeeper/net/headers.hpp"
#include "linekeeper/net/socket.hpp"
#include "linekeeper/net/url.hpp"

namespace linekeeper::net {

/// A WebSocket of binary messages over a Socket, either side.
///
/// Pings are answered inside `read`, fragments joined, a text message is refused with close code 1003, a message beyond
/// `kMaxMessage` with 1009, broken framing with a close frame of 1002 or without a code. No extensions.
/// Threads: the one of its socket. One `read` at a time. `write` may be called from several coroutines: messages leave
/// in the order of the calls while fewer than `kMaxQueued` bytes wait; a caller beyond that waits for room. Idle it
/// holds no message buffer. Destroying it closes the connection; operations under way end with `cancelled`.
class WebSocket {
 public:
  static constexpr std::size_t kMaxMessage = std::size_t{1} << 24;
  static constexpr std::size_t kMaxQueued = std::size_t{1} << 25;

  struct Impl;  ///< Private to the library.

  /// Over a stream whose upgrade is done; `leftover` came after the head.
  static WebSocket over_client(Socket socket, Bytes leftover);
  static WebSocket over_server(Socket socket, Bytes leftover);

  WebSocket() noexcept = default;  ///< Closed; every operation ends with `cancelled`.
  WebSocket(WebSocket&&) noexcept = default;
  WebSocket& operator=(WebSocket&& other) noexcept;
  ~WebSocket() { close_now(); }

  /// The next message. Errors: `connection_lost` (closed by the peer or gone; see `close_code`), `timed_out` (nothing
  /// is lost: read again), `cancelled`, `too_large`, `malformed_frame` (the peer broke the rules; the connection is
  /// over).
  awaitable<Result<Bytes>> read(Deadline deadline = Deadline::never());

  /// Sends one message; done when the kernel has it. Errors: `too_large`, `connection_lost`, `cancelled`, `timed_out`
  /// (part of it may be gone: close).
  awaitable<Result<void>> write(Bytes message, Deadline deadline = Deadline::never());

  /// Sends a ping, whose pong `read` swallows. Errors as `write`; a payload is at most 125 bytes.
  awaitable<Result<void>> ping(Bytes payload, Deadline deadline = Deadline::never());

  /// The orderly end: close frame, the peer's answer, then the connection closes, in any case by the deadline. A `read`
  /// under way ends with `connection_lost`. Errors: `timed_out`, `connection_lost`, `cancelled`: closed nevertheless.
  awaitable<Result<void>> close(std::uint16_t code, Deadline deadline);

  /// At once and synchronously: not a byte leaves after this returns. Operations under way end with `cancelled`.
  void close_now() noexcept;

  bool is_open() const noexcept;
  /// The code in the peer's close frame; 1005 if it named none, 0 if no close frame came.
  std::uint16_t close_code() const noexcept;
  std::string remote() const;
  asio::any_io_executor executor() const;
  Socket::Handle handle() const noexcept;

 private:
  explicit WebSocket(std::shared_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

/// Connects to a ws or wss URL and upgrades. `extra` goes into the request; without an Origin in it, the request names
/// https://web.whatsapp.com, as all known clients do. `report`, if given, lives until the result is there.
/// Errors: those of `connect_tls`; `connect_refused` if the server answered anything but a valid 101 (`http_status`
/// says what); `malformed_frame` if it did not speak HTTP; `too_large` for a head beyond 16 KiB.
awaitable<Result<WebSocket>> connect_websocket(Url url, TlsContext tls, Headers extra, Deadline deadline,
                                               ConnectReport* report = nullptr);

/// The server's half, after the request's head was read: checks it and answers 101. A request that is no WebSocket
/// upgrade (version 13, GET was checked before) is answered 400 or 426 and ends as `invalid_argument`.
awaitable<Result<WebSocket>> accept_websocket(Socket socket, Bytes leftover, Headers request, Deadline deadline);

}  // namespace linekeeper::net
