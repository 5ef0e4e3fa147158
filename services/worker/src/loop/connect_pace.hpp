#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "linekeeper/base/token_bucket.hpp"

namespace linekeeper::worker {

/// How fast this worker opens connections, over all its loops. Any thread.
class ConnectPace {
 public:
  /// Without a rate there is no limit.
  explicit ConnectPace(std::optional<double> rate) {
    if (rate) bucket_.emplace(*rate, 1);
  }

  /// When the caller may go on. Its place is taken whether it goes or not.
  std::chrono::steady_clock::time_point reserve(std::chrono::steady_clock::time_point now) {
    if (!bucket_) return now;
    const std::lock_guard lock(mutex_);
    return bucket_->reserve(now);
  }

 private:
  std::mutex mutex_;
  std::optional<TokenBucket> bucket_;
};

}  // namespace linekeeper::worker
