#pragma once

#include <algorithm>
#include <chrono>
#include <string>

namespace linekeeper::worker {

/// When a lasting trouble is worth a line in the log: when it begins or changes, then at growing intervals. Plain
/// state.
class TroubleLog {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `trouble` is the state of things; empty while all is well. True: write it.
  bool due(const std::string& trouble, Time now) {
    if (trouble.empty()) {
      present_.clear();
      return false;
    }
    if (trouble == present_ && now < next_) return false;
    interval_ = trouble == present_ ? std::min<std::chrono::seconds>(interval_ * 2, kMost) : kFirst;
    present_ = trouble;
    next_ = now + interval_;
    return true;
  }

 private:
  static constexpr std::chrono::seconds kFirst{10};
  static constexpr std::chrono::seconds kMost{600};

  std::string present_;
  Time next_{};
  std::chrono::seconds interval_{kFirst};
};

}  // namespace linekeeper::worker
