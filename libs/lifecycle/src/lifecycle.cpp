#include "linekeeper/lifecycle/lifecycle.hpp"

#include <algorithm>
#include <utility>

namespace linekeeper::lifecycle {
namespace {

using namespace std::chrono_literals;
using Kind = Action::Kind;

constexpr unsigned kAtOnceInARow = 3;
constexpr std::size_t kDesyncsAllowed = 2;
constexpr auto kDesyncWindow = 10min;
constexpr std::string_view kRefused = "refused_";
constexpr unsigned kCountedWaits = 32;  ///< More doublings than any longest wait has.

/// Statuses that end by a person's command only.
bool waits_for_a_person(v1::LineStatus status) noexcept {
  switch (status) {
    case v1::LINE_STATUS_STOPPED:
    case v1::LINE_STATUS_LOGGED_OUT:
    case v1::LINE_STATUS_ACCOUNT_LOCKED:
    case v1::LINE_STATUS_CONFLICT:
    case v1::LINE_STATUS_CLIENT_OUTDATED:
    case v1::LINE_STATUS_BANNED:
    case v1::LINE_STATUS_NEEDS_PAIRING: return true;
    default: return false;
  }
}

}  // namespace

Lifecycle::Lifecycle(Settings settings, Stored stored)
    : settings_(std::move(settings)), state_(std::move(stored)), backoff_(1s, settings_.backoff_most) {
  // What its last holder counted goes on; the waits it made are not made again.
  for (unsigned i = 0; i < std::min(state_.retry_count, kCountedWaits); ++i)
    (void)backoff_.next(0);
}

void Lifecycle::set(Actions& actions, v1::LineStatus status, v1::ErrorCode code, std::string detail,
                    std::optional<Time> next_retry_at) {
  state_.status = status;
  state_.code = code;
  state_.detail = std::move(detail);
  state_.next_retry_at = next_retry_at;
  actions.push_back({Kind::publish});
}

Actions Lifecycle::start(Mode mode) {
  Actions actions{{Kind::cancel_schedule}};
  if (mode == Mode::login) {
    set(actions, v1::LINE_STATUS_CONNECTING);
  } else if (state_.status != v1::LINE_STATUS_NEEDS_PAIRING || state_.code != v1::ERROR_CODE_UNSPECIFIED) {
    // A registration is NEEDS_PAIRING until there is something to show; why the last one failed is over.
    set(actions, v1::LINE_STATUS_NEEDS_PAIRING);
  }
  if (!active_) actions.push_back({Kind::connect, mode});
  active_ = true;
  return actions;
}

Actions Lifecycle::settle(v1::LineStatus status, v1::ErrorCode code, std::string detail) {
  Actions actions;
  if (active_) actions.push_back({Kind::close});
  active_ = false;
  online_since_.reset();
  state_.retry_count = 0;
  rounds_left_ = 0;
  actions.push_back({Kind::cancel_schedule});
  set(actions, status, code, std::move(detail));
  return actions;
}

/// A person, or a new version, says that it is worth trying again: nothing that went wrong before counts.
Actions Lifecycle::resume() {
  if (active_) return {};
  state_.desired = Desired::run;
  state_.conflict_retried = false;
  state_.retry_count = 0;
  refused_ = at_once_ = 0;
  backoff_.reset();
  return start(state_.registered ? Mode::login : Mode::registration);
}

Actions Lifecycle::on_held(Time now) {
  if (state_.desired == Desired::stop) {
    if (state_.status == v1::LINE_STATUS_STOPPED) return {};
    return settle(v1::LINE_STATUS_STOPPED, v1::STOPPED, {});
  }
  if (!state_.registered) {
    if (waits_for_a_person(state_.status)) return {};
    return settle(v1::LINE_STATUS_NEEDS_PAIRING, v1::ERROR_CODE_UNSPECIFIED, {});
  }
  // Credentials beside NEEDS_PAIRING: whoever held the line died between pairing it and saying so.
  const bool waits = waits_for_a_person(state_.status) && state_.status != v1::LINE_STATUS_NEEDS_PAIRING;
  if (outdated_no_more()) return resume();
  if (waits && !state_.next_retry_at) return {};
  // A new holder tries at once, unless somebody said how long not to.
  if (state_.next_retry_at && (waits || state_.code == v1::RATE_LIMITED)) {
    const auto left = *state_.next_retry_at - now;
    if (left > 0ms) return {{Kind::schedule, Mode::login, left}};
  }
  return start(Mode::login);
}

Actions Lifecycle::on_pair(PairPlan plan, Time) {
  if (active_) return {};
  Actions actions = resume();
  if (state_.registered) return actions;
  rounds_left_ = std::max(plan.rounds, 1U) - 1;
  if (plan.show_within) actions.push_back({Kind::schedule, Mode::registration, *plan.show_within});
  return actions;
}

Actions Lifecycle::on_connect(Time) {
  if (state_.registered) return resume();
  // Without credentials there is nothing to connect; why that is so stays as it is.
  if (active_ || (waits_for_a_person(state_.status) && state_.status != v1::LINE_STATUS_STOPPED)) return {};
  state_.desired = Desired::run;
  return settle(v1::LINE_STATUS_NEEDS_PAIRING, v1::NEEDS_PAIRING, {});
}

Actions Lifecycle::on_disconnect(Time) {
  state_.desired = Desired::stop;
  return settle(v1::LINE_STATUS_STOPPED, v1::STOPPED, "disconnected_by_operator");
}

Actions Lifecycle::on_logged_out_by_us(Time) {
  if (!state_.registered) return {};
  state_.registered = false;
  state_.desired = Desired::run;
  return settle(v1::LINE_STATUS_LOGGED_OUT, v1::LOGGED_OUT, "logged_out_by_operator");
}

Actions Lifecycle::on_number_taken(Time) {
  if (!state_.registered) return {};
  state_.registered = false;
  state_.desired = Desired::run;
  return settle(v1::LINE_STATUS_LOGGED_OUT, v1::LOGGED_OUT, "taken_over");
}

Actions Lifecycle::on_other_number_removed(Time) {
  if (!state_.registered) return {};
  state_.registered = false;
  return settle(v1::LINE_STATUS_NEEDS_PAIRING, v1::CREDENTIALS_CONFLICT, "other_number_removed");
}

Actions Lifecycle::on_reset(Time) {
  state_.registered = false;
  state_.desired = Desired::run;
  state_.conflict_retried = false;
  backoff_.reset();
  refused_ = at_once_ = 0;
  desyncs_.clear();
  return settle(v1::LINE_STATUS_NEEDS_PAIRING, v1::ERROR_CODE_UNSPECIFIED, {});
}

/// The server refused another version than the present one.
bool Lifecycle::outdated_no_more() const {
  return state_.status == v1::LINE_STATUS_CLIENT_OUTDATED && state_.detail.starts_with(kRefused) &&
         state_.detail.substr(kRefused.size()) != settings_.version;
}

Actions Lifecycle::on_new_version(std::string version, Time) {
  settings_.version = std::move(version);
  if (!state_.registered || state_.desired == Desired::stop || !outdated_no_more()) return {};
  return resume();
}

Actions Lifecycle::on_pairing_live(Time) {
  if (!active_ || state_.registered) return {};
  Actions actions{{Kind::cancel_schedule}};
  set(actions, v1::LINE_STATUS_PAIRING);
  return actions;
}

Actions Lifecycle::on_paired(Time) {
  if (!active_ || state_.registered) return {};
  state_.registered = true;
  rounds_left_ = 0;
  Actions actions{{Kind::cancel_schedule}};
  set(actions, v1::LINE_STATUS_CONNECTING);
  return actions;
}

Actions Lifecycle::on_logged_in(Time now) {
  if (!active_ || state_.status != v1::LINE_STATUS_CONNECTING) return {};
  online_since_ = now;
  Actions actions;
  set(actions, v1::LINE_STATUS_SYNCING);
  return actions;
}

Actions Lifecycle::on_synced(Time) {
  if (!active_ || state_.status != v1::LINE_STATUS_SYNCING) return {};
  state_.retry_count = 0;
  Actions actions;
  set(actions, v1::LINE_STATUS_CONNECTED);
  return actions;
}

bool Lifecycle::desynced_too_often(Time now) {
  while (!desyncs_.empty() && now - desyncs_.front() > kDesyncWindow)
    desyncs_.pop_front();
  desyncs_.push_back(now);
  return desyncs_.size() > kDesyncsAllowed;
}

std::chrono::milliseconds Lifecycle::wait_for(const Reaction& reaction, const Ending& ending, std::uint64_t random) {
  if (reaction.retry == Retry::after_wait) return *ending.wait;
  if (reaction.retry == Retry::at_once && at_once_ < kAtOnceInARow) {
    ++at_once_;
    return 0ms;
  }
  if (reaction.at_least > 0ms) backoff_.raise_to(std::max(reaction.at_least, ending.wait.value_or(0ms)));
  return backoff_.next(random);
}

Actions Lifecycle::on_ended(const Ending& ending, Time now, std::uint64_t random) {
  const bool was_active = std::exchange(active_, false);
  if (ending.signal == Signal::closed_by_us || !was_active) return {};
  if (online_since_ && now - *online_since_ >= settings_.healthy_after) {
    backoff_.reset();
    at_once_ = refused_ = 0;
  }
  online_since_.reset();

  if (ending.signal == Signal::refs_used_up && !state_.registered && rounds_left_ > 0) {
    // Six fresh codes come with a new connection; until they do, PAIRING is still what the line does.
    --rounds_left_;
    active_ = true;
    return {{Kind::close}, {Kind::connect, Mode::registration}};
  }
  Reaction reaction = reaction_to(ending.signal, state_.registered);
  if (reaction.retry == Retry::after_wait && !ending.wait) reaction.retry = Retry::never;
  if (ending.signal == Signal::stream_desync && state_.registered && desynced_too_often(now)) {
    reaction = {v1::LINE_STATUS_STOPPED, v1::STREAM_DESYNC, Credentials::keep, Retry::never};
  }
  if (ending.signal == Signal::restart_required && !state_.registered && at_once_ >= kAtOnceInARow) {
    reaction = {v1::LINE_STATUS_NEEDS_PAIRING, v1::RESTART_REQUIRED, Credentials::keep, Retry::never};
  }
  if (reaction.attempts > 0 && ++refused_ >= reaction.attempts) {
    reaction.status = v1::LINE_STATUS_STOPPED;
    reaction.retry = Retry::never;
  }
  const bool late_retry = ending.signal == Signal::replaced && state_.registered && settings_.conflict_retry &&
                          !std::exchange(state_.conflict_retried, true);

  std::string detail = ending.detail;
  if (ending.signal == Signal::client_outdated && state_.registered) detail = std::string(kRefused) + settings_.version;

  Actions actions{{Kind::close}, {Kind::cancel_schedule}};
  if (reaction.credentials == Credentials::archive && state_.registered) {
    actions.push_back({Kind::archive_credentials});
    state_.registered = false;
  } else if (reaction.credentials == Credentials::discard && !state_.registered) {
    actions.push_back({Kind::discard_credentials});
  }
  if (reaction.retry == Retry::never && !late_retry) {
    state_.retry_count = 0;
    rounds_left_ = 0;
    // For an unpaired line nothing is tried again; the time says from when on a person may.
    const bool told = reaction.code == v1::RATE_LIMITED && ending.wait;
    set(actions, reaction.status, reaction.code, detail, told ? std::optional(now + *ending.wait) : std::nullopt);
    return actions;
  }
  ++state_.retry_count;
  const auto wait = late_retry ? *settings_.conflict_retry : wait_for(reaction, ending, random);
  if (wait > 0ms) {
    set(actions, reaction.status, reaction.code, detail, now + wait);
    actions.push_back({Kind::schedule, Mode::login, wait});
    return actions;
  }
  // At once: no DISCONNECTED in between that nobody could act on.
  const bool unpaired = !state_.registered;
  set(actions, unpaired ? v1::LINE_STATUS_NEEDS_PAIRING : v1::LINE_STATUS_CONNECTING, reaction.code, detail);
  actions.push_back({Kind::connect, unpaired ? Mode::registration : Mode::login});
  active_ = true;
  return actions;
}

Actions Lifecycle::on_due(Time now) {
  // Nothing to show in time: for whoever asked, this attempt is over.
  if (active_ && !state_.registered && state_.status == v1::LINE_STATUS_NEEDS_PAIRING)
    return on_ended({Signal::pairing_timed_out, "code", {}}, now, 0);
  if (active_ || !state_.registered || !state_.next_retry_at || state_.desired == Desired::stop) return {};
  return start(Mode::login);
}

Actions Lifecycle::on_lost() {
  active_ = false;
  online_since_.reset();
  return {{Kind::close}, {Kind::cancel_schedule}};
}

}  // namespace linekeeper::lifecycle
