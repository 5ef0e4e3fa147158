#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/net/awaitable.hpp"
#include "linekeeper/net/deadline.hpp"
#include "linekeeper/net/tls_context.hpp"

namespace linekeeper::net {

/// A connected TCP stream, plain or TLS: one interface for both.
///
/// Threads: everything on the one thread that runs its executor.
/// One read and one write may be under way at once, not two of either.
/// Moving is cheap. Operations under way hold the stream's state themselves: moving or destroying the Socket is safe,
/// and destroying it closes the connection, so that they end with `cancelled`. Idle it costs a descriptor, OpenSSL's
/// state and a few hundred bytes: no buffer, no timer unless a deadline runs. A timer once started stays until its time
/// or until the connection closes, so that a stream of short operations does not start and stop one each; an io_context
/// may therefore have work until then. SIGPIPE is ignored for the whole process from the first Socket on: OpenSSL
/// cannot suppress it per write.
class Socket {
 public:
  struct Impl;    ///< Private to the library.
  struct Access;  ///< Private to the library.

  /// Closes the connection of a Socket that may be gone by then: for owners of a kill switch.
  class Handle {
   public:
    Handle() = default;
    void close_now() const noexcept;

   private:
    friend class Socket;
    std::weak_ptr<Impl> impl_;
  };

  Socket() noexcept = default;  ///< Closed; every operation ends with `cancelled`.
  explicit Socket(std::shared_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
  Socket(Socket&&) noexcept = default;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close_now(); }

  /// At least one byte. `into` lives until the result is there and is not empty.
  /// Errors: `connection_lost` (also the peer's orderly end), `timed_out` (nothing is lost: read again), `cancelled`.
  awaitable<Result<std::size_t>> read_some(std::span<std::uint8_t> into, Deadline deadline = Deadline::never());

  /// What is there now, without waiting; 0 if nothing. Errors: `connection_lost`, `cancelled`.
  Result<std::size_t> try_read(std::span<std::uint8_t> into);

  /// Until `try_read` is worth calling again; with TLS it may still find nothing. Errors as `read_some`.
  awaitable<Result<void>> wait_readable(Deadline deadline = Deadline::never());

  /// All of it. `bytes` live until the result is there.
  /// Errors: `connection_lost`, `cancelled`, `timed_out` (a part may be gone: the stream is broken, close it).
  awaitable<Result<void>> write(ByteView bytes, Deadline deadline = Deadline::never());

  /// As much as goes now; 0 if nothing. Errors: `connection_lost`, `cancelled`.
  Result<std::size_t> try_write(ByteView bytes);

  /// Until `try_write` is worth calling again. Errors as `write`.
  awaitable<Result<void>> wait_writable(Deadline deadline = Deadline::never());

  /// The first byte without taking it; for plain streams before TLS: 0x16 starts a TLS handshake.
  /// Errors as `read_some`; `invalid_argument` on a TLS stream.
  awaitable<Result<std::uint8_t>> peek(Deadline deadline);

  /// Says that no more bytes will come (TLS close_notify, TCP FIN), without waiting. Reading goes on.
  void shutdown_write() noexcept;

  /// Closes the descriptor at once and synchronously: not a byte leaves after this returns. Operations under way end
  /// with `cancelled` soon after. Callable at any time, also twice, also from inside a completion.
  void close_now() noexcept;

  bool is_open() const noexcept;
  bool tls() const noexcept;
  bool tls_resumed() const noexcept;  ///< The handshake went on from an earlier connection's.
  std::string remote() const;         ///< "address:port" of the peer, empty if unknown.
  /// Common name in the peer's certificate, where TLS verified one; else empty.
  std::string peer_name() const;
  asio::any_io_executor executor() const;
  Handle handle() const noexcept;

 private:
  std::shared_ptr<Impl> impl_;
};

/// What went wrong in words, for logs: no secrets in it. Filled on failure only.
struct ConnectReport {
  int http_status = 0;  ///< The server's answer if it refused the upgrade.
  std::string detail;   ///< "certificate has expired", "no address for …".
};

/// Resolves, connects, and where `tls` is given shakes hands: SNI and name check for names, address check for
/// addresses. Tries the addresses in turn, each within its share of the time. `report`, if given, lives until the
/// result is there. Errors: `connect_refused`, `timed_out`, `tls_failed`, `invalid_argument` (an insecure context off
/// loopback), `not_found` (no such host), `cancelled`.
awaitable<Result<Socket>> connect_plain(std::string host, std::uint16_t port, Deadline deadline,
                                        ConnectReport* report = nullptr);
awaitable<Result<Socket>> connect_tls(std::string host, std::uint16_t port, TlsContext tls, Deadline deadline,
                                      ConnectReport* report = nullptr);

/// The server's half of a TLS handshake over an accepted stream. Errors: `tls_failed`, `timed_out`, `connection_lost`,
/// `cancelled`.
awaitable<Result<Socket>> accept_tls(Socket plain, TlsContext tls, Deadline deadline);

/// One port for both: TLS if the first byte starts a handshake, else the stream as it is.
awaitable<Result<Socket>> accept_plain_or_tls(Socket plain, TlsContext tls, Deadline deadline);

}  // namespace linekeeper::net
