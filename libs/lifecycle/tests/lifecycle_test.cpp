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
  Actions actions = line.on_pair(kNow);
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
    EXPECT_TRUE(line.on_retry_due(kNow + 24h).empty());

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
  ASSERT_TRUE(has(line.on_retry_due(kNow + 1s), Kind::connect));
  actions = line.on_ended({Signal::network, {}, {}}, kNow + 1s, 2000);
  EXPECT_EQ(actions.back().after, 2000ms);
  line.on_retry_due(kNow + 3s);
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
    line.on_retry_due(kNow);
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
  EXPECT_TRUE(has(successor.on_retry_due(kNow + 2h), Kind::connect));
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
    line.on_pair(kNow);
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

}  // namespace
}  // namespace linekeeper::lifecycle
