#include "board/allowance.hpp"

namespace linekeeper::control {

bool Allowance::take() {
  std::unique_lock lock(mutex_);
  full_ = full_ || out_ >= most_;
  // Ended by `give_back` and `end`; the owner ends it before it joins whoever waits.
  changed_.wait(lock, [this] { return !full_ || ended_; });
  if (ended_) return false;
  ++out_;
  return true;
}

void Allowance::give_back() {
  const std::scoped_lock lock(mutex_);
  --out_;
  // Half of it at once, rather than one wake-up for each.
  if (!full_ || out_ > most_ / 2) return;
  full_ = false;
  changed_.notify_all();
}

void Allowance::end() {
  const std::scoped_lock lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

}  // namespace linekeeper::control
