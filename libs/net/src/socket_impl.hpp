#pragma once

#include <openssl/ssl.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

#include "linekeeper/net/socket.hpp"

namespace linekeeper::net {

enum class Way { read, write };

/// The stream's state. Coroutines under way own it together with the Socket, so that either may go first.
struct Socket::Impl : std::enable_shared_from_this<Impl> {
  using Stream = asio::ip::tcp::socket;

  /// `connected` is open; it is made non-blocking here.
  explicit Impl(Stream connected);

  /// Bytes now, 0 for none yet.
  Result<std::size_t> try_read(std::span<std::uint8_t> into);
  Result<std::size_t> try_write(ByteView bytes);

  /// Until the stream is ready for the next attempt in that direction. Wakes early at times: attempt, then wait again.
  static awaitable<Result<void>> wait(std::shared_ptr<Impl> self, Way way, Deadline deadline);

  void shutdown_write() noexcept;
  void close_now() noexcept;

  struct FreeSsl {
    void operator()(SSL* what) const noexcept {
      // A connection that just went away would take its session along; since TLS 1.1 it need not.
      SSL_set_shutdown(what, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
      SSL_free(what);
    }
  };

  /// One of the two waits that may be under way.
  struct Direction {
    bool waiting = false;
    bool expired = false;          ///< The timer ended the present wait.
    bool wants_other = false;      ///< OpenSSL must write to read on, or read to write on.
    bool armed = false;            ///< The timer runs, until `armed_for`.
    unsigned without_waiting = 0;  ///< Operations in a row that found the stream ready.
    Deadline deadline = Deadline::never();
    Deadline armed_for = Deadline::never();
    std::unique_ptr<asio::steady_timer> timer;  ///< Made by the first deadline.
  };
  Direction& direction(Way way) noexcept { return way == Way::read ? reading : writing; }

  Stream stream;
  std::shared_ptr<TlsContext::Memory> tls_memory;  ///< What `ssl` gives its sessions to; may be null.
  std::unique_ptr<SSL, FreeSsl> ssl;               ///< Null for a plain stream.
  Direction reading;
  Direction writing;
  asio::ip::tcp::endpoint peer;
  bool closed = false;
  bool lost = false;  ///< A fatal error was seen: OpenSSL must not be asked again.

 private:
  void arm(Way way);
  void on_timer(Way way);
  Result<std::size_t> tls_outcome(int returned, Direction& direction, int other);
};

/// Takes the state out of a Socket, which is closed afterwards without closing the connection.
struct Socket::Access {
  static std::shared_ptr<Impl> release(Socket& socket) noexcept { return std::move(socket.impl_); }
};

/// Lets other coroutines of the thread run when one stream is ready again and again.
awaitable<void> take_turns(std::shared_ptr<Socket::Impl> self, Way way);

}  // namespace linekeeper::net
