#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/http/message.hpp"
#include "linekeeper/net/awaitable.hpp"
#include "linekeeper/net/deadline.hpp"
#include "linekeeper/net/socket.hpp"
#include "linekeeper/net/tls_context.hpp"

namespace linekeeper::http {

/// Answers one request. An exception becomes 500. Unknown paths and methods are the handler's to answer (404, 405).
using Handler = std::function<awaitable<Response>(Request)>;

/// Takes over a connection whose request asks for `Upgrade: websocket`: the stream, the bytes after the head, the head.
/// The server stops knowing HTTP on it, but closes it when the server stops; `net::accept_websocket` is what follows.
using UpgradeHandler = std::function<awaitable<void>(net::Socket, Bytes, Request)>;

struct ServerSettings {
  std::size_t max_head = 16 * 1024;      ///< Beyond: 431.
  std::size_t max_body = 1024 * 1024;    ///< Beyond: 413.
  std::size_t max_connections = 10'000;  ///< Upgraded ones count too. Beyond: closed at once.
  std::chrono::milliseconds head_timeout =
      std::chrono::seconds(10);  ///< From a request's first byte to its head's end: 408.
  std::chrono::milliseconds body_timeout = std::chrono::seconds(30);  ///< The same for the body.
  std::chrono::milliseconds idle_timeout =
      std::chrono::seconds(60);  ///< Between requests, and before the first: closed.
  std::chrono::milliseconds write_timeout = std::chrono::seconds(30);  ///< For one response.
  /// Another limit than `max_body` for some requests (media); called with method and path.
  std::function<std::size_t(std::string_view, std::string_view)> body_limit;
  UpgradeHandler on_upgrade;           ///< Without one, an upgrade is an ordinary request.
  std::optional<net::TlsContext> tls;  ///< With one, the port speaks TLS and plain, told apart by the first byte.
  bool tls_only = false;               ///< With `tls`: plain is not spoken.
};

/// An HTTP/1.1 server with keep-alive on one port. Threads: the one of its executor.
/// HEAD is passed on as HEAD; the body of the answer is measured and not sent.
class Server {
 public:
  /// Listens and starts accepting. `address` is "127.0.0.1:0" or alike. Errors: `invalid_argument` or the system's own.
  static Result<Server> start(asio::any_io_executor executor, std::string_view address, Handler handler,
                              ServerSettings settings = {});

  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  ~Server();  ///< As `close_now`.

  std::uint16_t port() const noexcept;
  std::string address() const;
  std::size_t connections() const noexcept;

  /// Accepts nothing more, closes idle and upgraded connections, lets requests under way be answered until the
  /// deadline, then closes those too. Returns when the last connection ended.
  awaitable<void> stop(net::Deadline deadline);

  /// Closes everything at once.
  void close_now() noexcept;

 private:
  struct Impl;
  explicit Server(std::shared_ptr<Impl> impl) noexcept;
  std::shared_ptr<Impl> impl_;
};

}  // namespace linekeeper::http
