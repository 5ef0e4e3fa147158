#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include "linekeeper/base/token_bucket.hpp"

namespace linekeeper::worker {

/// How fast this worker opens connections, over all its loops. Any thread.
class ConnectPace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Without a rate there is no limit.
  explicit ConnectPace(std::optional<double> rate) {
    if (!rate) return;
    bucket_.emplace(*rate, 1);
    interval_ = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(1 / *rate));
  }

  /// When the caller may go on. Its place is taken whether it goes or not. Up to one place late, by chance (`random`
  /// is uniform over all values), so that workers that started together do not knock together.
  Time reserve(Time now, std::uint32_t random) {
    if (!bucket_) return now;
    const auto jitter = interval_ * random / (std::uint64_t{1} << 32);
    const std::lock_guard lock(mutex_);
    return bucket_->reserve(now) + jitter;
  }

  /// Takes a place if one is free before `until`.
  bool reserve_before(Time until, Time now) {
    if (!bucket_) return true;
    const std::lock_guard lock(mutex_);
    if (bucket_->available_at(now) > until) return false;
    bucket_->reserve(now);
    return true;
  }

 private:
  std::mutex mutex_;
  std::optional<TokenBucket> bucket_;
  std::chrono::duration<std::uint64_t, std::nano> interval_{0};
};

}  // namespace linekeeper::worker
