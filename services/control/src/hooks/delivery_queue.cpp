#include "hooks/delivery_queue.hpp"

#include <algorithm>

namespace linekeeper::control {
namespace {

/// Jitter may choose zero: an endpoint that has just failed is not asked again at once.
constexpr DeliveryQueue::Duration kLeastWait{100};

}  // namespace

std::string_view name_of(ParkReason reason) noexcept {
  switch (reason) {
    case ParkReason::refused: return "refused";
    case ParkReason::gave_up: return "gave_up";
    case ParkReason::endpoint_away: return "endpoint_away";
  }
  return "gave_up";
}

DeliveryQueue::Id DeliveryQueue::put(std::string session) {
  const Id id = ++last_;
  Entry entry;
  entry.backoff = Backoff(policy_.backoff_first, policy_.backoff_most);
  entry.session = session;
  Entry& kept = entries_.emplace(id, std::move(entry)).first->second;
  auto& line = sessions_[std::move(session)];
  line.push_back(id);
  if (line.size() == 1) make_ready(id, kept, Time::min());
  return id;
}

DeliveryQueue::Step DeliveryQueue::next(Time now) {
  if (!to_park_.empty() && to_park_.begin()->first <= now) {
    const Id id = to_park_.begin()->second;
    return park(id, entries_.at(id).park.value_or(ParkReason::gave_up));
  }
  Time wake = to_park_.empty() ? Time::max() : to_park_.begin()->first;
  if (ready_.empty()) return Wait{wake};
  const auto [due, first] = *ready_.begin();
  if (away_since_) {
    // One asks whether it is back; the others wait, or are put aside once it has been away for too long.
    if (in_flight_ == 0 && hold_ <= now && due <= now) return attempt(first);
    const Time enough = *away_since_ + policy_.give_up_after;
    if (enough <= now && due <= now) return park(first, ParkReason::endpoint_away);
    if (in_flight_ == 0) wake = std::min(wake, std::max(hold_, due));
    return Wait{std::min(wake, std::max(enough, due))};
  }
  if (in_flight_ >= policy_.concurrency) return Wait{wake};
  if (due <= now) return attempt(first);
  return Wait{std::min(wake, due)};
}

void DeliveryQueue::delivered(Id id) {
  --in_flight_;
  it_answers();
  remove(id);
}

void DeliveryQueue::failed(Id id, Failure how, std::optional<Duration> retry_after, Time now, std::uint64_t random) {
  Entry& entry = entries_.at(id);
  --in_flight_;
  if (!entry.give_up_at) entry.give_up_at = now + policy_.give_up_after;
  const Duration asked = std::min(retry_after.value_or(Duration::zero()), policy_.give_up_after);
  Time due = now + std::max({entry.backoff.next(random), asked, kLeastWait});
  if (how == Failure::away) {
    if (!away_since_) away_since_ = now;
    // Those that were under way together fail together: that is one failure, not many.
    if (hold_ <= now) hold_ = now + std::max(backoff_.next(random), kLeastWait);
    hold_ = std::max(hold_, now + asked);
    due = std::max(due, hold_);
  } else {
    it_answers();
    if (++entry.refusals >= policy_.attempts) {
      entry.park = ParkReason::refused;
      entry.state = State::ready;
      entry.give_up_at = now;
      to_park_.emplace(now, id);
      return;
    }
  }
  make_ready(id, entry, due);
}

void DeliveryQueue::it_answers() {
  away_since_.reset();
  hold_ = Time::min();
  backoff_.reset();
}

void DeliveryQueue::parked(Id id) {
  remove(id);
}

void DeliveryQueue::not_parked(Id id, Time again) {
  Entry& entry = entries_.at(id);
  entry.state = State::ready;
  entry.give_up_at = again;
  to_park_.emplace(again, id);
}

bool DeliveryQueue::drop(Id id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return true;
  Entry& entry = found->second;
  if (entry.state == State::in_flight || entry.state == State::parking) return false;
  if (entry.state == State::ready) {
    take_from_ready(id, entry);
    remove(id);
    return true;
  }
  auto& line = sessions_.at(entry.session);
  line.erase(std::ranges::find(line, id));
  entries_.erase(found);
  return true;
}

void DeliveryQueue::make_ready(Id id, Entry& entry, Time due) {
  entry.state = State::ready;
  entry.due = due;
  ready_.emplace(due, id);
  if (entry.give_up_at) to_park_.emplace(*entry.give_up_at, id);
}

void DeliveryQueue::take_from_ready(Id id, Entry& entry) {
  ready_.erase({entry.due, id});
  if (entry.give_up_at) to_park_.erase({*entry.give_up_at, id});
}

void DeliveryQueue::remove(Id id) {
  const auto found = entries_.find(id);
  const auto line = sessions_.find(found->second.session);
  line->second.pop_front();
  entries_.erase(found);
  if (line->second.empty()) {
    sessions_.erase(line);
    return;
  }
  const Id following = line->second.front();
  make_ready(following, entries_.at(following), Time::min());
}

DeliveryQueue::Step DeliveryQueue::attempt(Id id) {
  Entry& entry = entries_.at(id);
  take_from_ready(id, entry);
  entry.state = State::in_flight;
  ++entry.attempts;
  ++in_flight_;
  return Attempt{id};
}

DeliveryQueue::Step DeliveryQueue::park(Id id, ParkReason why) {
  Entry& entry = entries_.at(id);
  take_from_ready(id, entry);
  entry.state = State::parking;
  entry.park = why;
  return Park{id, why, entry.attempts};
}

}  // namespace linekeeper::control
