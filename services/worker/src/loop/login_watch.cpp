#include "loop/login_watch.hpp"

#include <algorithm>

namespace linekeeper::worker {
namespace {

/// Lines beyond this many tell nothing new.
constexpr std::size_t kMostRemembered = 64;

}  // namespace

void LoginWatch::failed(const std::string& session, Time now) {
  const std::lock_guard lock(mutex_);
  if (failed_.empty()) first_ = now;
  if (failed_.size() < kMostRemembered) failed_.emplace(session, now);
}

void LoginWatch::came_online() {
  const std::lock_guard lock(mutex_);
  ++online_;
  failed_.clear();
  away_for_ = settings_.away_first;
}

void LoginWatch::went_offline() {
  const std::lock_guard lock(mutex_);
  if (online_ > 0) --online_;
}

bool LoginWatch::is_stuck(Time now) const {
  return online_ == 0 && failed_.size() >= settings_.least_lines && now - first_ >= settings_.patience;
}

bool LoginWatch::stuck(Time now) const {
  const std::lock_guard lock(mutex_);
  return is_stuck(now);
}

LoginWatch::Step LoginWatch::decide(bool well, bool others, Time now) {
  const std::lock_guard lock(mutex_);
  if (back_at_) {
    if (now < *back_at_) return Step::stay;
    back_at_.reset();
    failed_.clear();  // The lines we get now are tried afresh.
    return Step::come_back;
  }
  if (!well || !others || !is_stuck(now)) return Step::stay;
  back_at_ = now + away_for_;
  away_for_ = std::min(away_for_ * 2, settings_.away_most);
  return Step::leave;
}

std::string LoginWatch::trouble(Time now) const {
  const std::lock_guard lock(mutex_);
  if (!back_at_ && !is_stuck(now)) return {};
  std::string text =
      "No line can log in from here although Redis and Kafka are well: check this machine's way to WhatsApp";
  if (!back_at_) return text + ".";
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(*back_at_ - now).count();
  return text + ". Its lines are left to other workers; it tries again in " + std::to_string(std::max<long>(left, 0)) +
         " s.";
}

}  // namespace linekeeper::worker
