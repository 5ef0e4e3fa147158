#include "line/send_pace.hpp"

#include <algorithm>

namespace linekeeper::worker {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kMostPause = 1h;
constexpr std::chrono::milliseconds kMostRestriction = 24h;

}  // namespace

SendPace::SendPace(const LineRules& rules, SendPauses pauses)
    : pause_first_(rules.rate_limit_pause), restriction_first_(rules.restriction_pause), pauses_(pauses) {
  if (rules.send_rate) all_.emplace(*rules.send_rate, rules.send_burst);
  if (rules.first_contact_rate) strangers_.emplace(*rules.first_contact_rate, rules.first_contact_burst);
}

SendPace::Time SendPace::reserve(bool first_contact, Time now) noexcept {
  Time when = all_ ? all_->reserve(now) : now;
  if (first_contact && strangers_) when = std::max(when, strangers_->reserve(now));
  return when;
}

void SendPace::begin(SendPause& pause, Length& length, v1::ErrorCode code, Length first, Length most,
                     auth::UnixMs now) {
  // Messages that were on their way when the first was refused say nothing new.
  if (pause.on(now)) return;
  const bool in_a_row = length > 0ms && now - pause.until_ms < length.count();
  length = in_a_row ? std::min(length * 2, most) : first;
  pause.code = code;
  pause.until_ms = now + length.count();
}

void SendPace::rate_limited(auth::UnixMs now) {
  begin(pauses_.all, pause_length_, v1::RATE_LIMITED, pause_first_, kMostPause, now);
}

void SendPace::restricted(auth::UnixMs now) {
  begin(pauses_.first_contacts, restriction_length_, v1::ACCOUNT_RESTRICTED, restriction_first_, kMostRestriction, now);
}

}  // namespace linekeeper::worker
