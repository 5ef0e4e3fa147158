#pragma once

#include <cstdint>

#include "clock.hpp"

namespace linekeeper::transport {

/// Notices a dead connection: after a random while without inbound data it asks for a ping; if nothing at all arrives
/// within the answer's time, the connection is dead. Any inbound frame counts as life, as with most clients.
class Keepalive {
 public:
  enum class Step { wait, ping, dead };

  struct Times {
    Clock::duration idle_min;
    Clock::duration idle_max;
    Clock::duration pong;
  };

  Keepalive(Times times, Time now, std::uint64_t random) noexcept : times_(times) { received(now, random); }

  /// Something arrived. `random` is uniform over all 64-bit values.
  void received(Time now, std::uint64_t random) noexcept;

  /// Call at or after `due()`.
  Step at(Time now) noexcept;

  Time due() const noexcept { return due_; }
  bool pinging() const noexcept { return pinging_; }

 private:
  Times times_;
  Time due_{};
  bool pinging_ = false;
};

}  // namespace linekeeper::transport
