#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>

namespace linekeeper::sandbox {

/// What the core wants done later, without a clock of its own: whoever drives it asks when the next one is due.
class Timers {
 public:
  using Time = std::chrono::milliseconds;  ///< Unix time.

  void at(Time when, std::function<void()> what) { waiting_.emplace(when, std::move(what)); }

  std::optional<Time> next() const {
    if (waiting_.empty()) return std::nullopt;
    return waiting_.begin()->first;
  }

  /// Does everything that is due; what these add for later waits for its own time.
  void run(Time now) {
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
      auto due = waiting_.extract(waiting_.begin());
      due.mapped()();
    }
  }

 private:
  std::multimap<Time, std::function<void()>> waiting_;
};

}  // namespace linekeeper::sandbox
