#include "linekeeper/lifecycle/lifecycle.hpp"

#include <utility>

namespace linekeeper::lifecycle {
namespace {

using namespace std::chrono_literals;
using Kind = Action::Kind;

constexpr unsigned kAtOnceInARow = 3;
constexpr std::size_t kDesyncsAllowed = 2;
constexpr auto kDesyncWindow = 10min;

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

Lifecycle::Lifecycle(Settings settings, Stored stored) noexcept
    : settings_(settings), state_(std::move(stored)), backoff_(1s, settings.backoff_most) {}

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
  // A registration stays NEEDS_PAIRING until there is something to show.
  if (mode == Mode::login) set(actions, v1::LINE_STATUS_CONNECTING);
  if (!active_) actions.push_back({Kind::connect, mode});
  active_ = true;
  return actions;
}

Actions Lifecycle::settle(v1::LineStatus status, v1::ErrorCode code, std::string detail) {
  Actions actions;
  if (active_) actions.push_back({Kind::close});
  active_ = false;
  online_since_.reset();
  actions.push_back({Kind::cancel_schedule});
  set(actions, status, code, std::move(detail));
  return actions;
}

Actions Lifecycle::on_held(Time now) {
  if (state_.desired == Desired::stop) {
    if (state_.status == v1::LINE_STATUS_STOPPED) return {};
    return settle(v1::LINE_STATUS_STOPPED, v1::STOPPED, {});
  }
  // Credentials beside NEEDS_PAIRING: whoever held the line died between pairing it and saying so.
  const bool just_paired = state_.registered && state_.status == v1::LINE_STATUS_NEEDS_PAIRING;
  if (waits_for_a_person(state_.status) && !just_paired) {
    if (!state_.next_retry_at) return {};
    const auto left = *state_.next_retry_at - now;
    if (left > 0ms) return {{Kind::schedule, Mode::login, left}};
  }
  if (state_.registered) return start(Mode::login);
  if (state_.status == v1::LINE_STATUS_NEEDS_PAIRING) return {};
  return settle(v1::LINE_STATUS_NEEDS_PAIRING, v1::ERROR_CODE_UNSPECIFIED, {});
}

Actions Lifecycle::on_pair(Time) {
  state_.desired = Desired::run;
  refused_ = 0;
  backoff_.reset();
  return start(state_.registered ? Mode::login : Mode::registration);
}

Actions Lifecycle::on_connect(Time now) {
  if (state_.registered) return on_pair(now);
  state_.desired = Desired::run;
  if (active_) return {};
  return settle(v1::LINE_STATUS_NEEDS_PAIRING, v1::NEEDS_PAIRING, {});
}

Actions Lifecycle::on_disconnect(Time) {
  state_.desired = Desired::stop;
  return settle(v1::LINE_STATUS_STOPPED, v1::STOPPED, "disconnected_by_operator");
}

Actions Lifecycle::on_logged_out_by_us(Time) {
  state_.registered = false;
  return settle(v1::LINE_STATUS_LOGGED_OUT, v1::LOGGED_OUT, "logged_out_by_operator");
}

Actions Lifecycle::on_reset(Time) {
  state_.registered = false;
  state_.desired = Desired::run;
  backoff_.reset();
  refused_ = at_once_ = 0;
  desyncs_.clear();
  return settle(v1::LINE_STATUS_NEEDS_PAIRING, v1::ERROR_CODE_UNSPECIFIED, {});
}

Actions Lifecycle::on_pairing_live(Time) {
  Actions actions;
  set(actions, v1::LINE_STATUS_PAIRING);
  return actions;
}

Actions Lifecycle::on_paired(Time) {
  state_.registered = true;
  Actions actions;
  set(actions, v1::LINE_STATUS_CONNECTING);
  return actions;
}

Actions Lifecycle::on_logged_in(Time now) {
  online_since_ = now;
  Actions actions;
  set(actions, v1::LINE_STATUS_SYNCING);
  return actions;
}

Actions Lifecycle::on_synced(Time now) {
  if (!online_since_) online_since_ = now;
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
  if (reaction.retry == Retry::after_wait) return ending.wait.value_or(settings_.backoff_most);
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

  Reaction reaction = reaction_to(ending.signal, state_.registered);
  if (!state_.registered && reaction.retry != Retry::never && ending.signal != Signal::restart_required) {
    // Refs die with their connection: an unpaired line does not reconnect by itself.
    reaction = {v1::LINE_STATUS_NEEDS_PAIRING, reaction.code, Credentials::keep, Retry::never};
  }
  if (ending.signal == Signal::stream_desync && state_.registered && desynced_too_often(now)) {
    reaction = {v1::LINE_STATUS_STOPPED, v1::STREAM_DESYNC, Credentials::keep, Retry::never};
  }
  if (reaction.attempts > 0 && ++refused_ >= reaction.attempts) {
    reaction.status = v1::LINE_STATUS_STOPPED;
    reaction.retry = Retry::never;
  }

  Actions actions{{Kind::close}, {Kind::cancel_schedule}};
  if (reaction.credentials == Credentials::archive && state_.registered) {
    actions.push_back({Kind::archive_credentials});
    state_.registered = false;
  } else if (reaction.credentials == Credentials::discard && !state_.registered) {
    actions.push_back({Kind::discard_credentials});
  }
  if (reaction.retry == Retry::never) {
    set(actions, reaction.status, reaction.code, ending.detail);
    return actions;
  }
  const auto wait = wait_for(reaction, ending, random);
  if (wait > 0ms) {
    set(actions, reaction.status, reaction.code, ending.detail, now + wait);
    actions.push_back({Kind::schedule, Mode::login, wait});
    return actions;
  }
  // At once: no DISCONNECTED in between that nobody could act on.
  set(actions, v1::LINE_STATUS_CONNECTING, reaction.code, ending.detail);
  actions.push_back({Kind::connect, state_.registered ? Mode::login : Mode::registration});
  active_ = true;
  return actions;
}

Actions Lifecycle::on_retry_due(Time) {
  if (active_ || !state_.next_retry_at || state_.desired == Desired::stop) return {};
  return start(state_.registered ? Mode::login : Mode::registration);
}

Actions Lifecycle::on_lost() {
  active_ = false;
  online_since_.reset();
  return {{Kind::close}, {Kind::cancel_schedule}};
}

}  // namespace linekeeper::lifecycle
