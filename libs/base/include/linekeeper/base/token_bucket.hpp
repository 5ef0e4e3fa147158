#pragma once

#include <chrono>

namespace linekeeper {

/// How fast something may happen: `rate` times a second on average, `burst` times at once. One time point of state,
/// no timer: the caller brings the clock and does the waiting.
class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;

  /// Preconditions: `rate > 0`, `burst >= 1`.
  TokenBucket(double rate, unsigned burst) noexcept
      : interval_(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1.0 / rate))),
        tolerance_(interval_ * (burst - 1)) {}

  /// Takes one token, now or in the future: the time at which the caller may go on. Never refuses, so callers queue
  /// in the order of their calls.
  Clock::time_point reserve(Clock::time_point now) noexcept {
    const Clock::time_point due = next_ - tolerance_;
    const Clock::time_point when = due > now ? due : now;
    next_ = (next_ > now ? next_ : now) + interval_;
    return when;
  }

  /// When `reserve` would let the caller go on.
  Clock::time_point available_at(Clock::time_point now) const noexcept {
    const Clock::time_point due = next_ - tolerance_;
    return due > now ? due : now;
  }

 private:
  Clock::duration interval_;
  Clock::duration tolerance_;
  Clock::time_point next_{};  ///< When the bucket would be full again, had nothing been taken from now on.
};

}  // namespace linekeeper
