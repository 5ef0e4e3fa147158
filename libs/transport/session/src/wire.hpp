#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>

#include "clock.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/net/one_shot.hpp"
#include "linekeeper/net/task_group.hpp"
#include "linekeeper/net/websocket.hpp"
#include "linekeeper/node/node.hpp"
#include "linekeeper/noise/frame.hpp"
#include "linekeeper/noise/transport_cipher.hpp"

namespace linekeeper::transport {

/// Stanzas over one WebSocket after the handshake: sealed, framed, in order. Holds no buffer while idle.
class Wire {
 public:
  /// Unsent bytes beyond which the other side counts as dead.
  static constexpr std::size_t kMaxUnsent = std::size_t{32} << 20;

  /// `reader` may hold what came after the handshake. `write_limit`: how long one write may take.
  Wire(net::WebSocket socket, TransportCipher cipher, FrameReader reader, net::TaskGroup& tasks,
       Clock::duration write_limit);

  /// The next stanza. What does not decode is dropped and counted: frames stand for themselves, the stream goes on.
  /// Errors: those of the socket, `malformed_frame` and `too_large` for bytes that break the stream.
  /// `heard` is called for every arrival, before it is looked at.
  boost::asio::awaitable<Result<Node>> next(std::function<void()> heard);

  /// Queues a stanza; nothing is sent any more after the wire broke or was closed. Never blocks.
  void send(const Node& node);

  /// Between these two nothing leaves; what is sent meanwhile goes out at the release. Nested.
  void hold() noexcept { ++held_; }
  void release();
  /// While set, holding does not hold.
  void let_pass(bool pass) {
    pass_ = pass;
    if (pass) wake();
  }

  /// Until everything queued so far is with the kernel, or the wire is gone.
  boost::asio::awaitable<void> flushed();

  void close_now() noexcept;
  /// An orderly end, for a peer that waits for one.
  boost::asio::awaitable<void> close(Clock::duration limit);

  bool open() const noexcept { return socket_.is_open(); }
  std::size_t dropped() const noexcept { return dropped_; }

 private:
  boost::asio::awaitable<void> drain();
  void wake();
  bool blocked() const noexcept { return held_ != 0 && !pass_; }

  net::WebSocket socket_;
  TransportCipher cipher_;
  FrameReader reader_;
  net::TaskGroup& tasks_;
  Clock::duration write_limit_;
  std::list<Bytes> unsent_;  ///< Each at most about kBatch bytes, one WebSocket message.
  std::size_t unsent_bytes_ = 0;
  unsigned held_ = 0;
  bool pass_ = false;
  bool draining_ = false;
  std::size_t dropped_ = 0;
  std::shared_ptr<net::OneShot<bool>> flushed_;
};

}  // namespace linekeeper::transport
