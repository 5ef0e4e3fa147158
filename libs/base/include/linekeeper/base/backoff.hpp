#pragma once

#include <chrono>
#include <cstdint>

namespace linekeeper {

/// How long to wait before the next attempt: full jitter, doubling from `first` to `most`.
/// Plain state without clock or randomness: the caller brings both.
class Backoff {
 public:
  using Duration = std::chrono::milliseconds;

  explicit Backoff(Duration first = std::chrono::seconds(1), Duration most = std::chrono::minutes(5)) noexcept
      : first_(first), most_(most), ceiling_(first) {}

  /// The next wait, between zero and the present ceiling; then the ceiling doubles.
  /// `random` is uniform over all 64-bit values.
  Duration next(std::uint64_t random) noexcept;

  /// From now on at least `floor`: a rate limit said so.
  void raise_to(Duration floor) noexcept;

  /// Forgets all failures: the line was healthy long enough.
  void reset() noexcept {
    ceiling_ = first_;
    floor_ = Duration::zero();
    failures_ = 0;
  }

  unsigned failures() const noexcept { return failures_; }

 private:
  Duration first_;
  Duration most_;
  Duration ceiling_;
  Duration floor_{0};
  unsigned failures_ = 0;
};

}  // namespace linekeeper
