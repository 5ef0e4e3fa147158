#include "linekeeper/kafka/offset_tracker.hpp"

#include <algorithm>

namespace linekeeper::kafka {

void OffsetTracker::read(std::int64_t offset) {
  entries_.push_back({offset, false});
  next_ = offset + 1;
  ++in_flight_;
}

bool OffsetTracker::finish(std::int64_t offset) {
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), offset,
                                      [](const Entry& entry, std::int64_t wanted) { return entry.offset < wanted; });
  if (found == entries_.end() || found->offset != offset || found->finished) return false;
  found->finished = true;
  --in_flight_;
  while (!entries_.empty() && entries_.front().finished)
    entries_.pop_front();
  return true;
}

void OffsetTracker::reach_end(std::int64_t offset) {
  next_ = std::max(next_.value_or(offset), offset);
}

std::optional<std::int64_t> OffsetTracker::position() const noexcept {
  if (!entries_.empty()) return entries_.front().offset;
  return next_;
}

std::optional<std::int64_t> OffsetTracker::to_commit() const noexcept {
  const auto now = position();
  return now == committed_ ? std::nullopt : now;
}

}  // namespace linekeeper::kafka
