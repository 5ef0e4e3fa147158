// How a line forgets everything.

#include "clock.hpp"
#include "crash_point.hpp"
#include "line/audit_trail.hpp"
#include "line/ledger_purge.hpp"
#include "line/line_runner.hpp"
#include "linekeeper/base/errc.hpp"

namespace linekeeper::worker {
namespace {

void add(v1::ResetReport& report, v1::ErasedKind kind, std::size_t count) {
  if (count == 0) return;
  v1::Erased& erased = *report.add_erased();
  erased.set_kind(kind);
  erased.set_count(count);
}

}  // namespace

awaitable<Result<v1::ResetReport>> LineRunner::reset(const v1::ResetCommand& command,
                                                     const auth::LedgerRecord& received, ResetOutcome outcome) {
  v1::ResetReport report;
  report.set_actor(command.actor());
  report.set_reason(command.reason());
  report.set_purge(command.purge());
  if (command.logout()) {
    bool confirmed = false;
    if (line_ && line_->connected()) confirmed = co_await line_->logout();
    report.set_logout(confirmed ? v1::RESET_LOGOUT_CONFIRMED : v1::RESET_LOGOUT_UNCONFIRMED);
  }
  if (!held_ || held_->lost) co_return Errc::stale_token;
  ++epoch_;
  retry_timer_.reset();
  if (line_) line_->close_now();
  error_code failed;
  {
    // Nothing of the old life may write after the wipe.
    const auto ended = co_await run_lock_.acquire();
    const auto done = co_await forget(command, received, std::move(outcome), report);
    if (!done) failed = done.error();
  }
  if (failed) {
    // Begun is not done: whoever holds the line next, most likely we, does it from the beginning.
    end_holding();
    co_return failed;
  }
  context_.log.info("line reset", {{"session", session_},
                                   {"command", received.command_id},
                                   {"actor", command.actor()},
                                   {"reason", command.reason()},
                                   {"purge", command.purge()},
                                   {"logout", v1::ResetLogout_Name(report.logout())}});
  apply(held_->lifecycle->on_reset(wall_now()));
  held_->sends->go_on();
  co_return report;
}

awaitable<Result<void>> LineRunner::forget(const v1::ResetCommand& command, const auth::LedgerRecord& received,
                                           ResetOutcome outcome, v1::ResetReport& report) {
  Held& held = *held_;  // There until the desk that called us has ended.
  // What the server was told we have, and what we told others, goes to Kafka before it is forgotten.
  const std::size_t begun = co_await held.sends->abandon();
  co_await held.inbox->drained();
  if (held.lost || held.events.patience()->ended()) co_return Errc::cancelled;
  // What was put off goes with this one, behind whatever is being written already.
  auth::Commit nothing;
  const auto flushed = co_await held.journal.commit(std::move(nothing));
  if (!flushed) co_return flushed.error();
  crash_point("reset.quiet");
  line_.reset();
  qr_.reset();
  code_.reset();
  run_mode_ = {};
  pair_command_at_ = 0;

  LedgerPurge purged;
  if (command.purge()) {
    const auto purge = co_await purge_ledger(held.journal, unix_ms());
    if (!purge) co_return purge.error();
    purged = *purge;
  }
  const auto open = co_await held.journal.store().open_commands();
  if (!open) co_return open.error();
  // What can be read and was not published is somebody's message: it is never wiped, whatever let us come here.
  const auto pending = co_await held.journal.store().pending_events();
  if (!pending) co_return pending.error();
  if (!pending->events.empty()) co_return Errc::cancelled;
  const auto inventory = co_await held.journal.store().inventory();
  if (!inventory) co_return inventory.error();
  const auto trail = co_await held.journal.store().audit();
  if (!trail && !auth::unreadable(trail.error())) co_return trail.error();

  add(report, v1::ERASED_KIND_STATE_FIELDS, inventory->fields);
  add(report, v1::ERASED_KIND_ARCHIVE, inventory->archives);
  add(report, v1::ERASED_KIND_PLAINTEXTS, begun);
  add(report, v1::ERASED_KIND_UNREADABLE_EVENTS, pending->unreadable);
  add(report, v1::ERASED_KIND_UNREADABLE_COMMANDS, open->unreadable.size());
  add(report, v1::ERASED_KIND_COMMAND_CONTENTS, purged.reduced);
  add(report, v1::ERASED_KIND_COMMAND_RECORDS, purged.dropped);
  if (command.purge()) add(report, v1::ERASED_KIND_INBOUND_IDS, inventory->inbound);
  *report.mutable_at() = timestamp_of(wall_now());

  const auth::UnixMs at = received.origin.timestamp_ms;
  const std::string tag = std::exchange(held.record.number_tag, {});
  LineRecord wiped;
  wiped.since_ms = unix_ms();
  wiped.reset_at_ms = std::max(held.record.reset_at_ms, at);
  wiped.purged_at_ms = command.purge() ? std::max(held.record.purged_at_ms, at) : held.record.purged_at_ms;
  lifecycle::Lifecycle after = *held.lifecycle;
  after.on_reset(wall_now());
  auth::Commit commit;
  commit.wipe = auth::Commit::Wipe::reset;
  commit.forget_inbound = command.purge();
  commit.status = write_status(after, wiped);
  commit.desired = write_desired(after.desired());
  commit.audit = with_reset(trail ? *trail : Bytes(), received.command_id, at, report);
  commit.ledger.push_back(outcome(report));
  for (const std::string& unreadable : open->unreadable)
    commit.cut.push_back({unreadable, {}, {}});
  const auto done = co_await held.journal.commit(std::move(commit));
  if (!done) co_return done.error();
  crash_point("reset.committed");
  held.record = std::move(wiped);
  held.journal.purge_before(held.record.purged_at_ms);
  held.events.know({}, {});
  held.events.know(held.record.pauses);
  co_await free_number(tag);
  co_return ok();
}

awaitable<void> LineRunner::free_number_in_turn(std::string tag) {
  auto turn = co_await announce_lock_.acquire();
  if (!turn || !held_ || held_->ending || held_->lost) co_return;
  co_await free_number(std::move(tag));
}

awaitable<void> LineRunner::free_number(std::string tag) {
  if (tag.empty() || !context_.store.number_key()) co_return;
  auth::NumberClaims claims(context_.redis, *context_.store.number_key());
  const auto freed = co_await claims.release_all(std::move(tag), session_);
  if (freed) co_return;
  // It ends with this lease all the same: nothing is stored under the claim any more.
  context_.log.warn("the claim on a number could not be released; it ends when the lease changes hands",
                    {{"session", session_}, {"error", freed.error().message()}});
}

}  // namespace linekeeper::worker
