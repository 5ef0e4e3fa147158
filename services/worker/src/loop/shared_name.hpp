#pragma once

#include <chrono>
#include <optional>

namespace linekeeper::worker {

/// Whether another running process goes by our worker id. One that died goes by it for one ttl longer, which proves
/// nothing. Plain state.
class SharedName {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit SharedName(std::chrono::milliseconds ttl) noexcept : ttl_(ttl) {}

  /// The store was asked, and `mine` or another's name stands.
  void on_answer(bool mine, Time now) noexcept {
    if (mine)
      other_since_.reset();
    else if (!other_since_)
      other_since_ = now;
  }
  /// Another has said so for longer than a dead one could.
  bool shared(Time now) const noexcept { return other_since_ && now - *other_since_ > ttl_; }

 private:
  std::chrono::milliseconds ttl_;
  std::optional<Time> other_since_;
};

}  // namespace linekeeper::worker
