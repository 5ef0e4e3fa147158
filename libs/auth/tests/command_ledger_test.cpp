#include "linekeeper/auth/command_ledger.hpp"

#include <gtest/gtest.h>

namespace linekeeper::auth {
namespace {

using namespace std::chrono_literals;
using Kind = LedgerDecision::Kind;
using Refusal = LedgerDecision::Refusal;

IncomingCommand incoming(CommandKind kind = CommandKind::send) {
  IncomingCommand command;
  command.command_id = "c";
  command.kind = kind;
  command.origin.timestamp_ms = 1000;
  return command;
}
LedgerRecord sending(UnixMs since = 2000) {
  return start_sending(on_command(incoming(), {}, {}, 1500).record, "3EB0", to_bytes("text"), since);
}

TEST(CommandLedgerTest, ANewCommandBegins) {
  const auto decision = on_command(incoming(), {}, {}, 1500);
  EXPECT_EQ(decision.kind, Kind::begin);
  EXPECT_EQ(decision.record.state, CommandState::received);
  EXPECT_FALSE(offset_may_advance(decision.record, false));
}

TEST(CommandLedgerTest, ACrashAtAnyStepEndsInOneOutcome) {
  // Before SENDING is committed nothing is kept: it begins anew.
  EXPECT_EQ(on_command(incoming(), {}, {}, 3000).kind, Kind::begin);
  // After: the same id and plaintext again.
  const auto resumed = on_command(incoming(), sending(), {}, 3000);
  EXPECT_EQ(resumed.kind, Kind::resume);
  EXPECT_EQ(resumed.record.message_id, "3EB0");
  EXPECT_EQ(as_text(resumed.record.request), "text");
  // Finished, not published: the kept outcome is published.
  const LedgerRecord accepted = finish(sending(), CommandState::succeeded, 0, to_bytes("outcome"));
  EXPECT_TRUE(accepted.request.empty()) << "no text beyond its need";
  const auto kept = on_command(incoming(), accepted, {}, 3000);
  EXPECT_EQ(kept.kind, Kind::publish);
  EXPECT_EQ(as_text(kept.record.outcome), "outcome");
  // Published: nothing more.
  EXPECT_EQ(on_command(incoming(), published(accepted), {}, 3000).kind, Kind::done);
}

TEST(CommandLedgerTest, AReducedRecordStillAnswersAndTellsNothing) {
  LedgerRecord done = published(finish(sending(), CommandState::succeeded, 7, to_bytes("to a number")));
  const LedgerRecord rest = reduced(done);
  EXPECT_TRUE(rest.outcome.empty() && rest.command_id.empty() && rest.message_id.empty() &&
              rest.origin == CommandOrigin());
  EXPECT_EQ(rest.code, 7);
  EXPECT_EQ(on_command(incoming(), rest, {}, 3000).kind, Kind::done);
  IncomingCommand other = incoming();
  other.digest.fill(1);
  EXPECT_EQ(on_command(other, rest, {}, 3000).refusal, Refusal::reused);

  // Kept until eight days after its origin, at 1000.
  const UnixMs day = std::chrono::milliseconds(24h).count();
  EXPECT_EQ(cut_down(done, 1000 + 3 * day).keep, 5 * 24h);
  EXPECT_LE(cut_down(done, 1000 + 8 * day).keep, 0ms);
  EXPECT_EQ(cut_down(done, -day).keep, kLedgerKept) << "a clock that is behind keeps nothing longer";
}

TEST(CommandLedgerTest, OffsetsAdvanceFromCommittedSendingOnOrAfterThePublishedOutcome) {
  EXPECT_FALSE(offset_may_advance(sending(), false));
  EXPECT_TRUE(offset_may_advance(sending(), true));
  const LedgerRecord failed = finish(on_command(incoming(), {}, {}, 1).record, CommandState::failed, 7, {});
  EXPECT_FALSE(offset_may_advance(failed, true)) << "its event is not acknowledged";
  EXPECT_TRUE(offset_may_advance(published(failed), true));
}

TEST(CommandLedgerTest, ResendsUntilNotAfterAndFor24HoursThenTheOutcomeIsUnknown) {
  const UnixMs day = std::chrono::milliseconds(24h).count();
  EXPECT_EQ(on_open_record(sending(2000), 2000 + day).kind, Kind::resume);
  const auto late = on_open_record(sending(2000), 2001 + day);
  EXPECT_EQ(late.kind, Kind::conclude);
  EXPECT_EQ(late.refusal, Refusal::unknown);
  EXPECT_EQ(late.record.state, CommandState::unknown);
  LedgerRecord limited = sending();
  limited.not_after_ms = 5000;
  EXPECT_EQ(on_open_record(limited, 5000).kind, Kind::resume);
  EXPECT_EQ(on_open_record(limited, 5001).refusal, Refusal::unknown);
}

TEST(CommandLedgerTest, TheSameIdWithOtherContentIsRefusedWhateverItsState) {
  IncomingCommand other = incoming();
  other.digest.fill(9);
  const LedgerRecord done = published(finish(sending(), CommandState::succeeded, 0, {}));
  for (const LedgerRecord& kept : {sending(), done}) {
    const auto decision = on_command(other, kept, {}, 3000);
    EXPECT_EQ(decision.kind, Kind::refuse);
    EXPECT_EQ(decision.refusal, Refusal::reused);
    EXPECT_EQ(decision.record, kept);
  }
}

TEST(CommandLedgerTest, ASendOlderThanAResetIsSupersededUnlessItIsInSending) {
  const Barriers reset{.reset_at_ms = 1001, .credentials_at_ms = {}};
  EXPECT_EQ(on_command(incoming(), {}, reset, 3000).refusal, Refusal::superseded);
  EXPECT_EQ(on_command(incoming(), sending(), reset, 3000).kind, Kind::resume);
  EXPECT_EQ(on_command(incoming(), {}, {.reset_at_ms = 1000, .credentials_at_ms = {}}, 3000).kind, Kind::begin);
  EXPECT_EQ(on_command(incoming(CommandKind::pair), {}, reset, 3000).kind, Kind::begin);
}

TEST(CommandLedgerTest, AResetOlderThanThePairThatMadeTheCredentialsIsSuperseded) {
  const Barriers paired{.reset_at_ms = {}, .credentials_at_ms = 1001};
  EXPECT_EQ(on_command(incoming(CommandKind::reset), {}, paired, 3000).refusal, Refusal::superseded);
  EXPECT_EQ(on_command(incoming(CommandKind::send), {}, paired, 3000).kind, Kind::begin);
}

TEST(CommandLedgerTest, ExpiresAfterNotAfter) {
  IncomingCommand command = incoming();
  command.not_after_ms = 3000;
  EXPECT_EQ(on_command(command, {}, {}, 3000).kind, Kind::begin);
  const auto late = on_command(command, {}, {}, 3001);
  EXPECT_EQ(late.refusal, Refusal::expired);
  EXPECT_EQ(late.record.state, CommandState::failed);
  EXPECT_TRUE(late.record.open()) << "its event is still to be published";
}

TEST(WaitClockTest, DoesNotCountTheTimeBehindTheSendRate) {
  const WaitClock::Time t0{};
  WaitClock clock(10s, t0);
  EXPECT_FALSE(clock.expired(t0 + 9s));
  clock.pause(t0 + 9s);
  EXPECT_FALSE(clock.expired(t0 + 60s));
  clock.resume(t0 + 60s);
  EXPECT_FALSE(clock.expired(t0 + 61s - 1ns));
  EXPECT_TRUE(clock.expired(t0 + 61s));
}

}  // namespace
}  // namespace linekeeper::auth
