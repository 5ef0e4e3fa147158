#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

#include "linekeeper/net/websocket.hpp"
#include "linekeeper/noise/frame.hpp"
#include "linekeeper/noise/intro.hpp"
#include "linekeeper/noise/server_handshake.hpp"
#include "wire.hpp"

namespace linekeeper::sandbox {

class Port;

/// When a client counts as gone although its socket stands: it is frozen, or reads slower than others write to it. What
/// it has not got stays in its queue.
struct ConnectionLimits {
  std::chrono::milliseconds silence = std::chrono::seconds(90);  ///< Clients ping every half minute.
  std::chrono::milliseconds write = std::chrono::seconds(60);    ///< For some 64 KiB that it does not take.
  std::size_t outgoing = std::size_t{64} << 20U;                 ///< Bytes that wait for it.
};

/// One client's WebSocket: handshake, then sealed stanzas both ways until either side ends it.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Port& port, ConnectionId id, net::WebSocket socket);

  /// From the first byte to the last. The port forgets the connection afterwards.
  awaitable<void> run();

  void send(const Node& stanza);
  void close();
  void cut();
  void freeze(bool reading, bool writing, std::chrono::milliseconds length);

 private:
  using Clock = std::chrono::steady_clock;

  awaitable<bool> shake_hands();
  awaitable<void> serve();
  /// False once the stream cannot be understood any more.
  bool take_frames();
  void flush();
  /// Says that it ends by a limit.
  void give_up(std::string_view why);
  static awaitable<void> write_all(std::shared_ptr<Connection> self);
  awaitable<void> pause_until(Clock::time_point until);

  Port& port_;
  const ConnectionId id_;
  net::WebSocket socket_;
  transport::IntroReader intro_;
  transport::FrameReader frames_;
  std::optional<transport::TransportCipher> cipher_;
  Bytes outgoing_;  ///< Sealed frames that wait for the socket.
  bool writing_ = false;
  bool closing_ = false;
  Clock::time_point reading_frozen_until_{};
  Clock::time_point writing_frozen_until_{};
};

}  // namespace linekeeper::sandbox
