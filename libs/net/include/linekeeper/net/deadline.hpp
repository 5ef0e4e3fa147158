#pragma once

#include <algorithm>
#include <chrono>

namespace linekeeper::net {

/// The moment at which an operation gives up with `Errc::timed_out`. A plain value: it is copied through layers, so
/// that a connect, its TLS handshake and its upgrade share one limit.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  static Deadline never() noexcept { return Deadline(Clock::time_point::max()); }
  static Deadline at(Clock::time_point when) noexcept { return Deadline(when); }
  /// Saturates: a length of years is never.
  static Deadline after(Clock::duration length) noexcept {
    const auto now = Clock::now();
    return length >= Clock::time_point::max() - now ? never() : Deadline(now + length);
  }

  Clock::time_point when() const noexcept { return when_; }
  bool is_never() const noexcept { return when_ == Clock::time_point::max(); }
  bool passed() const noexcept { return !is_never() && when_ <= Clock::now(); }
  Deadline or_sooner(Deadline other) const noexcept { return Deadline(std::min(when_, other.when_)); }

  friend auto operator<=>(const Deadline&, const Deadline&) = default;

 private:
  explicit Deadline(Clock::time_point when) noexcept : when_(when) {}
  Clock::time_point when_;
};

}  // namespace linekeeper::net
