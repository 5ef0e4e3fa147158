#include "repeats.hpp"

#include <utility>

namespace linekeeper::telemetry {

std::optional<std::uint64_t> Repeats::admit(std::string_view text, Time now) {
  auto found = counts_.find(text);
  if (found == counts_.end()) {
    // Sentences are constants, so this many mean that one holds a value: forgetting is better than growing.
    if (counts_.size() >= kMostTexts) counts_.clear();
    found = counts_.emplace(std::string(text), Count{now}).first;
  }
  Count& count = found->second;
  if (now - count.begin >= window_) {
    count.begin = now;
    count.seen = 0;
  }
  if (++count.seen > most_) {
    ++count.kept_back;
    return std::nullopt;
  }
  return std::exchange(count.kept_back, 0);
}

}  // namespace linekeeper::telemetry
