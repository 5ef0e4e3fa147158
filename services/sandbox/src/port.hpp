#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "connection.hpp"
#include "linekeeper/http/server.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "sandbox.hpp"
#include "server_keys.hpp"

namespace linekeeper::sandbox {

/// Joins sockets to the core: every WebSocket becomes a connection, the core's stanzas find their socket, its timers
/// run. One thread.
class Port final : public Wire {
 public:
  Port(asio::any_io_executor executor, CoreSettings settings, ConnectionLimits limits, ServerKeys keys,
       telemetry::Log& log);
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  ~Port() override;

  Sandbox& sandbox() noexcept { return sandbox_; }
  Core& core() noexcept { return sandbox_.core; }
  ServerKeys& keys() noexcept { return keys_; }
  telemetry::Log& log() noexcept { return log_; }
  const ConnectionLimits& limits() const noexcept { return limits_; }
  /// Holds for every connection from its next step on.
  void set_limits(const ConnectionLimits& limits) noexcept { limits_ = limits; }

  /// An upgrade to WebSocket, from its head to the end of the connection.
  awaitable<void> serve(net::Socket socket, Bytes leftover, http::Request request);

  /// After anything that may have set a timer in the core, other than through a connection.
  void arm();

  // Wire.
  void send(ConnectionId to, const Node& stanza) override;
  void close(ConnectionId which) override;
  void cut(ConnectionId which) override;
  void freeze(ConnectionId which, bool reading, bool writing, std::chrono::milliseconds length) override;

 private:
  friend class Connection;
  transport::ServerIdentity identity_for(ConnectionId id, bool& close_now, bool& accept_ik);

  asio::any_io_executor executor_;
  ConnectionLimits limits_;
  ServerKeys keys_;
  telemetry::Log& log_;
  Sandbox sandbox_;
  std::unordered_map<ConnectionId, std::shared_ptr<Connection>> connections_;
  ConnectionId next_connection_ = 1;
  boost::asio::steady_timer timer_;
  std::optional<std::chrono::milliseconds> armed_;
};

}  // namespace linekeeper::sandbox
