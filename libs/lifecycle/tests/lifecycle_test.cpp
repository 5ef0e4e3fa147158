#include "linekeeper/lifecycle/lifecycle.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace linekeeper::lifecycle {
namespace {
using namespace std::chrono_literals;
using Kind = Action::Kind;

constexpr Time kNow{1'800'000'000'000ms};
constexpr std::uint64_t kMost = ~std::uint64_t{0} - 1;

bool has(const Actions& actions, Kind kind) {
  return std::any_of(actions.begin(), actions.end(), [kind](const Action& action) { return action.kind == kind; });
}

Stored paired() {
  Stored stored;
  stored.registered = true;
  return stored;
}

/// A paired line that is connected.
Lifecycle connected(Time now = kNow) {
  Lifecycle line({}, paired());
  line.on_held(now);
  line.on_logged_in(now);
  line.on_synced(now);
  return line;
}

TEST(LifecycleTest, AnUnknownLineWaitsForPairingAndConnectsNowhere) {
  Lifecycle line({}, {});
  const Actions actions = line.on_held(kNow);
  EXPECT_EQ(line.status(), v1::LINE_STATUS_NEEDS_PAIRING);
  EXPECT_FALSE(has(actions, Kind::connect));
  EXPECT_TRUE(has(actions, Kind::publish));
}

TEST(LifecycleTest, PairingRunsThroughItsStatusesAnd515DiscardsNothing) {
  Lifecycle line({}, {});
  line.on_held(kNow);
  Actions actions = line.on_pair({}, kNow);
  ASSERT_TRUE(has(actions, Kind::connect));
  EXPECT_EQ(actions.back().mode, Mode::registration);
  line.on_pairing_live(kNow);
  EXPECT_EQ(line.status(), v1::LINE_STATUS_PAIRING);
  line.on_paired(kNow);
  actions = line.on_ended({Signal::restart_required, {}, {}}, kNow, kMost);
  EXPECT_FALSE(has(actions, Kind::archive_credentials));
  EXPECT_FALSE(has(actions, Kind::discard_credentials));
  EXPECT_FALSE(has(actions, Kind::schedule));
  ASSERT_TRUE(has(actions, Kind::connect));
  EXPECT_EQ(actions.back().mode, Mode::login);
  line.on_logged_in(kNow);
  EXPECT_EQ(line.status(), v1::LINE_STATUS_SYNCING);
  line.on_synced(kNow);
  EXPECT_EQ(line.status(), v1::LINE_STATUS_CONNECTED);
}

TEST(LifecycleTest, A515StormIsFollowedAtOnceThreeTimesAndThenWithBackoff) {
  Lifecycle line = connected();
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(has(line.on_ended({Signal::restart_required, {}, {}}, kNow, kMost), Kind::connect));
  const Actions fourth = line.on_ended({Signal::restart_required, {}, {}}, kNow, 999);
  EXPECT_FALSE(has(fourth, Kind::connect));
  EXPECT_TRUE(has(fourth, Kind::schedule));
}

TEST(LifecycleTest, TerminalEndsArchiveAndLeaveNoTimerAndNoConnect) {
  for (const Signal signal : {Signal::device_removed, Signal::unauthorized, Signal::primary_reinstalled,
                              Signal::account_locked, Signal::banned}) {
    SCOPED_TRACE(static_cast<int>(signal));
    Lifecycle line = connected();
    const Actions actions = line.on_ended({signal, {}, {}}, kNow, kMost);
    EXPECT_TRUE(has(actions, Kind::archive_credentials));
    EXPECT_TRUE(has(actions, Kind::cancel_schedule));
    EXPECT_FALSE(has(actions, Kind::schedule));
    EXPECT_FALSE(has(actions, Kind::connect));
    EXPECT_FALSE(line.next_retry_at());
    EXPECT_TRUE(line.on_due(kNow + 24h).empty());

    // Nor does the next holder start anything.
    Stored stored;
    stored.status = line.status();
    Lifecycle successor({}, stored);
    EXPECT_TRUE(successor.on_held(kNow).empty());
  }
}

TEST(LifecycleTest, NetworkLossBacksOffWithFullJitterAndForgetsAfterAMinuteOnline) {
  Lifecycle line = connected();
  Actions actions = line.on_ended({Signal::network, {}, {}}, kNow, 1000);
  EXPECT_EQ(actions.back().after, 1000ms);
  EXPECT_EQ(line.status(), v1::LINE_STATUS_DISCONNECTED);
  EXPECT_EQ(line.next_retry_at(), kNow + 1000ms);
  ASSERT_TRUE(has(line.on_due(kNow + 1s), Kind::connect));
  actions = line.on_ended({Signal::network, {}, {}}, kNow + 1s, 2000);
  EXPECT_EQ(actions.back().after, 2000ms);
  line.on_due(kNow + 3s);
  line.on_logged_in(kNow + 3s);
  actions = line.on_ended({Signal::network, {}, {}}, kNow + 64s, 1500);
  EXPECT_LE(actions.back().after, 1000ms);
}

TEST(LifecycleTest, ARateLimitWaitsAtLeastFiveMinutes) {
  Lifecycle line = connected();
  const Actions actions = line.on_ended({Signal::rate_limited, {}, {}}, kNow, 0x100000000);
  EXPECT_GE(actions.back().after, 5min);
  EXPECT_EQ(line.code(), v1::RATE_LIMITED);
}

TEST(LifecycleTest, ARefusedLoginIsTriedThreeTimesAndThenStops) {
  Lifecycle line = connected();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(has(line.on_ended({Signal::login_refused, {}, {}}, kNow, 500), Kind::schedule));
    line.on_due(kNow);
  }
  EXPECT_FALSE(has(line.on_ended({Signal::login_refused, {}, {}}, kNow, 500), Kind::schedule));
  EXPECT_EQ(line.status(), v1::LINE_STATUS_STOPPED);
  EXPECT_EQ(line.code(), v1::CONNECT_REFUSED);
}

TEST(LifecycleTest, ThreeDesyncsWithinTenMinutesStopTheLine) {
  Lifecycle line = connected();
  EXPECT_TRUE(has(line.on_ended({Signal::stream_desync, {}, {}}, kNow, kMost), Kind::connect));
  EXPECT_TRUE(has(line.on_ended({Signal::stream_desync, {}, {}}, kNow + 1min, kMost), Kind::connect));
  line.on_ended({Signal::stream_desync, {}, {}}, kNow + 2min, kMost);
  EXPECT_EQ(line.status(), v1::LINE_STATUS_STOPPED);
}

TEST(LifecycleTest, ATemporaryBanKeepsCredentialsAndIsTriedOnceAfterItsEnd) {
  Lifecycle line = connected();
  const Actions actions = line.on_ended({Signal::temporarily_banned, "code_101", 2h}, kNow, kMost);
  EXPECT_FALSE(has(actions, Kind::archive_credentials));
  EXPECT_EQ(actions.back().after, 2h);
  EXPECT_EQ(line.status(), v1::LINE_STATUS_BANNED);

  // A successor waits for what is left of it.
  Stored stored = paired();
  stored.status = line.status();
  stored.next_retry_at = line.next_retry_at();
  Lifecycle successor({}, stored);
  EXPECT_EQ(successor.on_held(kNow + 30min).back().after, 90min);
  EXPECT_TRUE(has(successor.on_due(kNow + 2h), Kind::connect));
}

TEST(LifecycleTest, ReplacedNeverStartsAReconnectWar) {
  Lifecycle line = connected();
  const Actions actions = line.on_ended({Signal::replaced, {}, {}}, kNow, kMost);
  EXPECT_FALSE(has(actions, Kind::schedule));
  EXPECT_FALSE(has(actions, Kind::connect));
  EXPECT_EQ(line.status(), v1::LINE_STATUS_CONFLICT);
  EXPECT_TRUE(has(line.on_connect(kNow), Kind::connect));
}

TEST(LifecycleTest, AnOperatorsDisconnectSurvivesARestartAndEndsByConnect) {
  Lifecycle line = connected();
  EXPECT_TRUE(has(line.on_disconnect(kNow), Kind::close));
  EXPECT_EQ(line.status(), v1::LINE_STATUS_STOPPED);
  Stored stored = paired();
  stored.status = line.status();
  stored.desired = line.desired();
  Lifecycle successor({}, stored);
  EXPECT_TRUE(successor.on_held(kNow).empty());
  EXPECT_TRUE(has(successor.on_connect(kNow), Kind::connect));
}

TEST(LifecycleTest, AnUnpairedLineDoesNotReconnectByItself) {
  for (const Signal signal : {Signal::network, Signal::service_unavailable, Signal::refs_used_up}) {
    Lifecycle line({}, {});
    line.on_held(kNow);
    line.on_pair({}, kNow);
    line.on_pairing_live(kNow);
    const Actions actions = line.on_ended({signal, {}, {}}, kNow, kMost);
    EXPECT_FALSE(has(actions, Kind::schedule));
    EXPECT_FALSE(has(actions, Kind::connect));
    EXPECT_EQ(line.status(), v1::LINE_STATUS_NEEDS_PAIRING);
    EXPECT_NE(line.code(), v1::ERROR_CODE_UNSPECIFIED);
  }
}

TEST(LifecycleTest, ALostLeaseClosesFirstAndPublishesNothing) {
  Lifecycle line = connected();
  const Actions actions = line.on_lost();
  EXPECT_EQ(actions.front().kind, Kind::close);
  EXPECT_FALSE(has(actions, Kind::publish));
  // What the closing socket reports afterwards is no longer ours to act on.
  EXPECT_TRUE(line.on_ended({Signal::network, {}, {}}, kNow, kMost).empty());
}

TEST(LifecycleTest, CredentialsWhoseStatusWasNeverWrittenAreUsed) {
  Stored stored = paired();
  stored.status = v1::LINE_STATUS_NEEDS_PAIRING;
  Lifecycle line({}, stored);
  EXPECT_TRUE(has(line.on_held(kNow), Kind::connect));
}

TEST(LifecycleTest, ResetForgetsEverythingFromAnyStatus) {
  Lifecycle line = connected();
  line.on_ended({Signal::network, {}, {}}, kNow, kMost);
  const Actions actions = line.on_reset(kNow);
  EXPECT_TRUE(has(actions, Kind::cancel_schedule));
  EXPECT_EQ(line.status(), v1::LINE_STATUS_NEEDS_PAIRING);
  EXPECT_FALSE(line.next_retry_at());
  EXPECT_FALSE(line.registered());
}

TEST(LifecycleTest, AConnectCommandChangesNothingForALineThatIsConnected) {
  Lifecycle line = connected();
  EXPECT_TRUE(line.on_connect(kNow).empty());
  EXPECT_EQ(line.status(), v1::LINE_STATUS_CONNECTED);
}

TEST(LifecycleTest, AConflictIsTriedOnceMoreIfConfiguredAndThenWaitsForACommand) {
  Lifecycle::Settings settings;
  settings.conflict_retry = 10min;
  Lifecycle line(settings, paired());
  line.on_held(kNow);
  line.on_logged_in(kNow);
  EXPECT_EQ(line.on_ended({Signal::replaced, {}, {}}, kNow, kMost).back().after, 10min);
  EXPECT_EQ(line.status(), v1::LINE_STATUS_CONFLICT);
  EXPECT_EQ(line.next_retry_at(), kNow + 10min);

  // The next holder neither hurries nor forgets that it was the one retry.
  Stored stored = paired();
  stored.status = line.status();
  stored.next_retry_at = line.next_retry_at();
  stored.conflict_retried = line.conflict_retried();
  Lifecycle successor(settings, stored);
  EXPECT_EQ(successor.on_held(kNow + 4min).back().after, 6min);
  ASSERT_TRUE(has(successor.on_due(kNow + 10min), Kind::connect));
  successor.on_logged_in(kNow + 10min);
  const Actions again = successor.on_ended({Signal::replaced, {}, {}}, kNow + 24h, kMost);
  EXPECT_FALSE(has(again, Kind::schedule));
  EXPECT_FALSE(successor.next_retry_at());
  EXPECT_TRUE(has(successor.on_connect(kNow + 25h), Kind::connect));
  EXPECT_TRUE(has(successor.on_ended({Signal::replaced, {}, {}}, kNow + 25h, kMost), Kind::schedule));
}

TEST(LifecycleTest, ARefusedVersionIsTriedAgainOnlyWithAnotherOne) {
  Lifecycle::Settings settings;
  settings.version = "2.3000.1";
  Lifecycle line(settings, paired());
  line.on_held(kNow);
  line.on_ended({Signal::client_outdated, {}, {}}, kNow, kMost);
  EXPECT_EQ(line.status(), v1::LINE_STATUS_CLIENT_OUTDATED);
  EXPECT_EQ(line.detail(), "refused_2.3000.1");
  EXPECT_TRUE(line.on_new_version("2.3000.1", kNow).empty());

  Stored stored = paired();
  stored.status = line.status();
  stored.detail = line.detail();
  Lifecycle same(settings, stored);
  EXPECT_TRUE(same.on_held(kNow).empty());
  settings.version = "2.3000.2";
  Lifecycle newer(settings, stored);
  EXPECT_TRUE(has(newer.on_held(kNow), Kind::connect));
  EXPECT_TRUE(has(line.on_new_version("2.3000.2", kNow), Kind::connect));
}

TEST(LifecycleTest, ABanWithoutAnEndIsNotTriedAndKeepsTheCredentials) {
  Lifecycle line = connected();
  const Actions actions = line.on_ended({Signal::temporarily_banned, "temporary", {}}, kNow, kMost);
  EXPECT_FALSE(has(actions, Kind::archive_credentials));
  EXPECT_FALSE(has(actions, Kind::schedule));
  EXPECT_TRUE(line.registered());
}

TEST(LifecycleTest, UsedUpQrCodesAreFollowedByAsManyRoundsAsWereAskedFor) {
  Lifecycle line({}, {});
  line.on_held(kNow);
  line.on_pair({3, {}}, kNow);
  line.on_pairing_live(kNow);
  for (unsigned left = 2; left > 0; --left) {
    EXPECT_EQ(line.rounds_left(), left);
    const Actions actions = line.on_ended({Signal::refs_used_up, {}, {}}, kNow, kMost);
    ASSERT_TRUE(has(actions, Kind::connect));
    EXPECT_FALSE(has(actions, Kind::publish));
    EXPECT_EQ(line.status(), v1::LINE_STATUS_PAIRING);
  }
  EXPECT_FALSE(has(line.on_ended({Signal::refs_used_up, {}, {}}, kNow, kMost), Kind::connect));
  EXPECT_EQ(line.status(), v1::LINE_STATUS_NEEDS_PAIRING);
  EXPECT_EQ(line.code(), v1::QR_EXPIRED);
}

TEST(LifecycleTest, ACodeThatIsNotThereInTimeEndsThePairing) {
  Lifecycle line({}, {});
  line.on_held(kNow);
  const Actions begun = line.on_pair({1, 20s}, kNow);
  EXPECT_EQ(begun.back().kind, Kind::schedule);
  EXPECT_EQ(begun.back().after, 20s);
  const Actions late = line.on_due(kNow + 20s);
  EXPECT_TRUE(has(late, Kind::close));
  EXPECT_EQ(line.status(), v1::LINE_STATUS_NEEDS_PAIRING);
  EXPECT_EQ(line.code(), v1::PAIRING_TIMEOUT);

  line.on_pair({1, 20s}, kNow);
  EXPECT_TRUE(has(line.on_pairing_live(kNow + 5s), Kind::cancel_schedule));
  EXPECT_TRUE(line.on_due(kNow + 20s).empty()) << "a timer that was cancelled too late does no harm";
}

TEST(LifecycleTest, ARateLimitOfPairingSaysWhenAndSchedulesNothing) {
  Lifecycle line({}, {});
  line.on_held(kNow);
  line.on_pair({1, 20s}, kNow);
  const Actions actions = line.on_ended({Signal::pairing_rate_limited, "pairing_code", 30min}, kNow, kMost);
  EXPECT_EQ(line.next_retry_at(), kNow + 30min);
  EXPECT_FALSE(has(actions, Kind::schedule));
  EXPECT_TRUE(line.on_due(kNow + 30min).empty());
}

TEST(LifecycleTest, FailedAttemptsAreCountedUntilTheLineIsConnectedAndOverAHandOver) {
  Lifecycle line = connected();
  EXPECT_EQ(line.retry_count(), 0U);
  for (unsigned i = 1; i <= 3; ++i) {
    line.on_ended({Signal::network, {}, {}}, kNow, 1);
    EXPECT_EQ(line.retry_count(), i);
    line.on_due(kNow);
  }
  Stored stored = paired();
  stored.status = v1::LINE_STATUS_DISCONNECTED;
  stored.retry_count = 3;
  Lifecycle successor({}, stored);
  successor.on_held(kNow);
  EXPECT_EQ(successor.on_ended({Signal::network, {}, {}}, kNow, 8000).back().after, 8s);
  EXPECT_EQ(successor.retry_count(), 4U);
  successor.on_due(kNow + 8s);
  successor.on_logged_in(kNow + 8s);
  successor.on_synced(kNow + 8s);
  EXPECT_EQ(successor.retry_count(), 0U);
}

TEST(LifecycleTest, ARateLimitOutlivesAHandOverAndOtherTroubleDoesNot) {
  Stored stored = paired();
  stored.status = v1::LINE_STATUS_DISCONNECTED;
  stored.next_retry_at = kNow + 5min;
  stored.code = v1::RATE_LIMITED;
  Lifecycle limited({}, stored);
  EXPECT_EQ(limited.on_held(kNow + 1min).back().after, 4min);
  stored.code = v1::NETWORK;
  Lifecycle other({}, stored);
  EXPECT_TRUE(has(other.on_held(kNow + 1min), Kind::connect));
}

TEST(LifecycleTest, ALogoutOfAStoppedLineStaysALogoutForTheNextHolder) {
  Lifecycle line = connected();
  line.on_disconnect(kNow);
  line.on_logged_out_by_us(kNow);
  Stored stored;
  stored.status = line.status();
  stored.desired = line.desired();
  Lifecycle successor({}, stored);
  EXPECT_TRUE(successor.on_held(kNow).empty());
  EXPECT_EQ(successor.status(), v1::LINE_STATUS_LOGGED_OUT);
}

TEST(LifecycleTest, ANumberThatWasTakenOverLeavesALoggedOutLine) {
  Lifecycle line = connected();
  EXPECT_TRUE(has(line.on_number_taken(kNow), Kind::close));
  EXPECT_EQ(line.status(), v1::LINE_STATUS_LOGGED_OUT);
  EXPECT_EQ(line.detail(), "taken_over");
  EXPECT_FALSE(line.registered());
  EXPECT_TRUE(line.on_connect(kNow).empty());
}

}  // namespace
}  // namespace linekeeper::lifecycle
