#include "linekeeper/auth/command_ledger.hpp"

#include <algorithm>
#include <utility>

#include "linekeeper/auth/keys.hpp"

namespace linekeeper::auth {
namespace {

using Kind = LedgerDecision::Kind;
using Refusal = LedgerDecision::Refusal;

bool past(const std::optional<UnixMs>& not_after, UnixMs now) {
  return not_after && now > *not_after;
}

bool superseded(const LedgerRecord& record, const Barriers& barriers) {
  const UnixMs at = record.origin.timestamp_ms;
  switch (record.kind) {
    case CommandKind::send: return barriers.reset_at_ms && at < *barriers.reset_at_ms;
    case CommandKind::reset: return barriers.credentials_at_ms && at < *barriers.credentials_at_ms;
    case CommandKind::pair:
    case CommandKind::line: return false;
  }
  return false;
}

LedgerDecision conclude(LedgerRecord record, Refusal why) {
  const CommandState state = why == Refusal::unknown ? CommandState::unknown : CommandState::failed;
  return {Kind::conclude, why, finish(std::move(record), state, 0, {})};
}

}  // namespace

LedgerDecision on_command(const IncomingCommand& command, const std::optional<LedgerRecord>& kept,
                          const Barriers& barriers, UnixMs now) {
  if (kept) {
    // Kinds cannot be told apart by the digest alone: two empty payloads in two topics are two commands.
    if (kept->digest != command.digest || kept->kind != command.kind) return {Kind::refuse, Refusal::reused, *kept};
    if (kept->state != CommandState::received) return on_open_record(*kept, now);
  }
  LedgerRecord record;
  record.command_id = command.command_id;
  record.kind = command.kind;
  record.digest = command.digest;
  record.origin = command.origin;
  record.not_after_ms = command.not_after_ms;
  return before_start(record, barriers, now);
}

UnixMs resend_until(const LedgerRecord& kept) noexcept {
  const UnixMs most = kept.sending_since_ms + std::chrono::milliseconds(kResendFor).count();
  return kept.not_after_ms ? std::min(*kept.not_after_ms, most) : most;
}

LedgerDecision on_open_record(const LedgerRecord& kept, UnixMs now) {
  if (kept.finished()) return {kept.published ? Kind::done : Kind::publish, Refusal::none, kept};
  if (kept.state == CommandState::received) return {Kind::begin, Refusal::none, kept};
  if (now > resend_until(kept)) return conclude(kept, Refusal::unknown);
  return {Kind::resume, Refusal::none, kept};
}

LedgerDecision before_start(const LedgerRecord& record, const Barriers& barriers, UnixMs now) {
  // Superseded first: that stays true for ever, while expiry depends on when somebody looked.
  if (superseded(record, barriers)) return conclude(record, Refusal::superseded);
  if (past(record.not_after_ms, now)) return conclude(record, Refusal::expired);
  return {Kind::begin, Refusal::none, record};
}

LedgerRecord start_sending(LedgerRecord record, std::string message_id, Bytes request, UnixMs now) {
  record.state = CommandState::sending;
  record.message_id = std::move(message_id);
  record.request = std::move(request);
  record.sending_since_ms = now;
  return record;
}

LedgerRecord finish(LedgerRecord record, CommandState how, int code, Bytes outcome) {
  record.state = how;
  record.code = code;
  record.outcome = std::move(outcome);
  record.request.clear();
  record.published = false;
  return record;
}

LedgerRecord published(LedgerRecord record) {
  record.published = true;
  return record;
}

LedgerRecord reduced(const LedgerRecord& record) {
  LedgerRecord rest;
  rest.kind = record.kind;
  rest.digest = record.digest;
  rest.state = record.state;
  rest.code = record.code;
  rest.published = true;
  return rest;
}

LedgerCut cut_down(const LedgerRecord& record, UnixMs now) {
  const std::chrono::milliseconds age{now - record.origin.timestamp_ms};
  return {command_tag(record.command_id), reduced(record),
          std::min<std::chrono::milliseconds>(kLedgerKept - age, kLedgerKept)};
}

bool offset_may_advance(const LedgerRecord& record, bool committed) noexcept {
  if (record.finished()) return record.published;
  return committed && record.state == CommandState::sending;
}

void WaitClock::pause(Time now) noexcept {
  if (!paused_at_) paused_at_ = now;
}

void WaitClock::resume(Time now) noexcept {
  if (!paused_at_) return;
  until_ += now - *paused_at_;
  paused_at_.reset();
}

std::optional<WaitClock::Time> WaitClock::expires_at() const noexcept {
  if (paused_at_) return std::nullopt;
  return until_;
}

bool WaitClock::expired(Time now) const noexcept {
  return !paused_at_ && now >= until_;
}

}  // namespace linekeeper::auth
