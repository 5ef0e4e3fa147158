#include "linekeeper/base/backoff.hpp"

#include <algorithm>

namespace linekeeper {

Backoff::Duration Backoff::next(std::uint64_t random) noexcept {
  const auto span = static_cast<std::uint64_t>(std::max<Duration::rep>(ceiling_.count(), 0)) + 1;
  const Duration jittered{static_cast<Duration::rep>(random % span)};
  ceiling_ = std::min(ceiling_ * 2, most_);
  ++failures_;
  return floor_ + jittered;
}

void Backoff::raise_to(Duration floor) noexcept {
  floor_ = std::max(floor_, floor);
}

}  // namespace linekeeper
