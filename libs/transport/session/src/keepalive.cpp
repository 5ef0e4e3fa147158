#include "keepalive.hpp"

namespace linekeeper::transport {

void Keepalive::received(Time now, std::uint64_t random) noexcept {
  const auto spread = times_.idle_max - times_.idle_min;
  const auto extra =
      spread.count() > 0
          ? Clock::duration(static_cast<Clock::rep>(random % static_cast<std::uint64_t>(spread.count() + 1)))
          : Clock::duration::zero();
  due_ = now + times_.idle_min + extra;
  pinging_ = false;
}

Keepalive::Step Keepalive::at(Time now) noexcept {
  if (now < due_) return Step::wait;
  if (pinging_) return Step::dead;
  pinging_ = true;
  due_ = now + times_.pong;
  return Step::ping;
}

}  // namespace linekeeper::transport
