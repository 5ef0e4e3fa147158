#include "board/outcomes.hpp"

#include <algorithm>

namespace linekeeper::control {

Outcome outcome_of(const v1::ConnectionEvent& event) {
  Outcome outcome;
  if (event.command_id().empty() || event.outcome() == v1::COMMAND_OUTCOME_UNSPECIFIED) return outcome;
  outcome.how = event.outcome();
  outcome.error = event.reason();
  outcome.event = event;
  // What was said while pairing is not part of how it ended.
  outcome.event.clear_qr();
  outcome.event.clear_code();
  return outcome;
}

Outcome outcome_of(const v1::OutboundUpdate& update) {
  Outcome outcome;
  if (update.command_id().empty()) return outcome;
  switch (update.state()) {
    case v1::OUTBOUND_STATE_ACCEPTED: outcome.how = v1::COMMAND_OUTCOME_DONE; break;
    case v1::OUTBOUND_STATE_FAILED: outcome.how = v1::COMMAND_OUTCOME_FAILED; break;
    case v1::OUTBOUND_STATE_UNKNOWN: outcome.how = v1::COMMAND_OUTCOME_UNKNOWN; break;
    default: return outcome;
  }
  outcome.error = update.error();
  outcome.outbound = update;
  return outcome;
}

std::uint64_t Outcomes::await(Key key, std::function<void(const Outcome&)> told) {
  waiters_[std::move(key)].push_back({++last_, std::move(told)});
  return last_;
}

void Outcomes::forget(const Key& key, std::uint64_t waiter) {
  const auto found = waiters_.find(key);
  if (found == waiters_.end()) return;
  std::erase_if(found->second, [&](const Waiter& one) { return one.id == waiter; });
  if (found->second.empty()) waiters_.erase(found);
}

void Outcomes::take(Key key, Outcome outcome, Time now) {
  if (auto waiting = waiters_.extract(key))
    for (const Waiter& waiter : waiting.mapped())
      waiter.told(outcome);
  // The first word stands: a later refusal under the same id is about another command.
  const bool fresh = kept_.emplace(key, std::move(outcome)).second;
  if (fresh) order_.emplace_back(now, std::move(key));
  while (!order_.empty() && (order_.size() > limits_.most || now - order_.front().first > limits_.kept)) {
    kept_.erase(order_.front().second);
    order_.pop_front();
  }
}

const Outcome* Outcomes::find(const Key& key) const {
  const auto found = kept_.find(key);
  return found == kept_.end() ? nullptr : &found->second;
}

}  // namespace linekeeper::control
