#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "linekeeper/node/node.hpp"

namespace linekeeper::sandbox {

using transport::Jid;
using transport::Node;
using transport::Server;

/// Names one socket for its whole life; never used again. 0 is none.
using ConnectionId = std::uint64_t;

/// Unix time in milliseconds. The core has no clock of its own: tests move this one by hand.
using Clock = std::function<std::chrono::milliseconds()>;

/// What the core asks of the sockets. Nothing here waits or fails: a socket that is gone swallows what it is given,
/// and its end is reported to the core later, never from inside these calls.
class Wire {
 public:
  virtual ~Wire() = default;

  /// Queues one stanza behind the earlier ones.
  virtual void send(ConnectionId to, const Node& stanza) = 0;
  /// Ends the connection once everything queued has left.
  virtual void close(ConnectionId which) = 0;
  /// Ends it now: what is queued is lost.
  virtual void cut(ConnectionId which) = 0;
  /// Stops reading or writing for a while, as a stuck network does.
  virtual void freeze(ConnectionId which, bool reading, bool writing, std::chrono::milliseconds length) = 0;
};

}  // namespace linekeeper::sandbox
