#include "line/line_place.hpp"

namespace linekeeper::worker {

using Step = LinePlace::Step;

Step LinePlace::hand_over() noexcept {
  hand_over_at_.reset();
  if (!held_ || handing_over_) return Step::nothing;
  handing_over_ = true;
  return Step::hand_over;
}

Step LinePlace::own(std::optional<std::uint64_t> since_us) noexcept {
  if (!owned_) since_us_.reset();
  owned_ = true;
  hand_over_at_.reset();
  if (since_us) since_us_ = since_us;
  return seeks() ? Step::seek : Step::nothing;
}

Step LinePlace::disown(bool lost, bool up, Time now) noexcept {
  if (!owned_) return Step::nothing;
  owned_ = false;
  since_us_.reset();
  if (!up) return hand_over();
  if (!lost && held_) hand_over_at_ = now + drain_timeout_;
  return Step::nothing;
}

Step LinePlace::on_held() noexcept {
  held_ = true;
  // Taken away while the store was answering: nothing is up that would have to be kept.
  return owned_ && !draining_ ? Step::nothing : hand_over();
}

Step LinePlace::on_wanted(std::uint64_t since_us) noexcept {
  // Kafka may have given the line to another long before it tells us: the later assignment wins.
  const bool ours = owned_ && (!since_us_ || *since_us_ >= since_us);
  return ours ? Step::nothing : hand_over();
}

Step LinePlace::on_down() noexcept {
  return owned_ ? Step::nothing : hand_over();
}

Step LinePlace::on_time(Time now) noexcept {
  return hand_over_at_ && now >= *hand_over_at_ ? hand_over() : Step::nothing;
}

Step LinePlace::stop() noexcept {
  draining_ = true;
  owned_ = false;
  return hand_over();
}

}  // namespace linekeeper::worker
