#include "offline_progress.hpp"

#include <algorithm>

namespace linekeeper::transport {

void OfflineProgress::start(Time now) noexcept {
  if (over_ || running_) return;
  running_ = true;
  until_ = now + silence_;
}

bool OfflineProgress::preview(unsigned total, Time now) noexcept {
  if (over_) return false;
  start(now);
  until_ = now + silence_;
  total_ = std::max(total, done_);
  return total > 0;
}

bool OfflineProgress::handled(Time now) noexcept {
  if (over_) return false;
  start(now);
  until_ = now + silence_;
  ++done_;
  total_ = total_ == 0 ? 0 : std::max(total_, done_);
  return done_ % kBatch == 0;
}

bool OfflineProgress::finished() noexcept {
  if (over_) return false;
  over_ = true;
  running_ = false;
  return true;
}

bool OfflineProgress::at(Time now) noexcept {
  if (!running_ || now < until_) return false;
  return finished();
}

}  // namespace linekeeper::transport
