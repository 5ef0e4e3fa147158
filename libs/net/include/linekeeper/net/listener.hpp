#pragma once

#include <memory>
#include <string>

#include "linekeeper/net/socket.hpp"
#include "linekeeper/net/url.hpp"

namespace linekeeper::net {

/// A listening TCP port. Threads: the one of its executor.
class Listener {
 public:
  /// `at.host` is an address or "localhost". Errors: `invalid_argument`, or the system's own (address in use).
  static Result<Listener> listen(asio::any_io_executor executor, HostPort at);

  Listener(Listener&&) noexcept;
  Listener& operator=(Listener&&) noexcept;
  ~Listener();

  /// One connection, plain so far. Errors: `cancelled` after `close_now`; any other is passing (no descriptors left,
  /// the peer gave up): wait a little and accept again.
  awaitable<Result<Socket>> accept();

  void close_now() noexcept;

  std::uint16_t port() const noexcept;  ///< The real one where 0 was asked for.
  std::string address() const;          ///< "127.0.0.1:8443".

 private:
  struct Impl;
  explicit Listener(std::shared_ptr<Impl> impl) noexcept;
  std::shared_ptr<Impl> impl_;
};

}  // namespace linekeeper::net
