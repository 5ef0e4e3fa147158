#include "line/send_pace.hpp"

#include <gtest/gtest.h>

namespace linekeeper::worker {
namespace {

using namespace std::chrono_literals;
using Time = SendPace::Time;

constexpr auth::UnixMs kNow = 1'800'000'000'000;
constexpr auth::UnixMs kMinute = 60'000;
const Time start{1h};

TEST(SendPaceTest, PeopleWithoutEarlierContactAreWrittenToMoreSlowly) {
  LineRules rules;
  rules.send_rate = 1.0;
  rules.send_burst = 5;
  rules.first_contact_rate = 1.0 / 60;
  rules.first_contact_burst = 2;
  SendPace pace(rules, {});
  EXPECT_TRUE(pace.asks_for_contacts(kNow));
  EXPECT_EQ(pace.reserve(true, start), start);
  EXPECT_EQ(pace.reserve(true, start), start);
  EXPECT_EQ(pace.reserve(true, start), start + 60s);
  EXPECT_EQ(pace.reserve(false, start), start) << "others go on at the line's own rate";
  EXPECT_EQ(pace.reserve(false, start), start);
  EXPECT_EQ(pace.reserve(false, start), start + 1s);
}

TEST(SendPaceTest, WithoutRatesNothingWaitsAndNobodyAsks) {
  LineRules rules;
  rules.send_rate.reset();
  rules.first_contact_rate.reset();
  SendPace pace(rules, {});
  EXPECT_FALSE(pace.asks_for_contacts(kNow));
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(pace.reserve(true, start), start);
}

TEST(SendPaceTest, ARateLimitPausesTheLineAndTwiceAsLongEachTimeInARow) {
  SendPace pace(LineRules(), {});
  pace.rate_limited(kNow);
  EXPECT_EQ(pace.pauses().all, (SendPause{v1::RATE_LIMITED, kNow + 5 * kMinute}));
  EXPECT_TRUE(pace.pauses().all.on(kNow));
  EXPECT_FALSE(pace.pauses().all.on(kNow + 5 * kMinute));
  pace.rate_limited(kNow + 1);
  EXPECT_EQ(pace.pauses().all.until_ms, kNow + 5 * kMinute) << "what was on its way says nothing new";

  auth::UnixMs now = kNow + 6 * kMinute;
  pace.rate_limited(now);
  EXPECT_EQ(pace.pauses().all.until_ms, now + 10 * kMinute);
  for (int i = 0; i < 10; ++i) {
    now = pace.pauses().all.until_ms + 1;
    pace.rate_limited(now);
  }
  EXPECT_EQ(pace.pauses().all.until_ms, now + 60 * kMinute) << "at most an hour";
  now = pace.pauses().all.until_ms + 61 * kMinute;
  pace.rate_limited(now);
  EXPECT_EQ(pace.pauses().all.until_ms, now + 5 * kMinute) << "after a good while it begins anew";
}

TEST(SendPaceTest, ARestrictionConcernsFirstContactsOnly) {
  LineRules rules;
  rules.first_contact_rate.reset();
  SendPace pace(rules, {});
  EXPECT_FALSE(pace.asks_for_contacts(kNow));
  pace.restricted(kNow);
  EXPECT_TRUE(pace.asks_for_contacts(kNow)) << "from now on it matters to whom";
  EXPECT_FALSE(pace.pauses().all.on(kNow));
  EXPECT_EQ(pace.pauses().first_contacts, (SendPause{v1::ACCOUNT_RESTRICTED, kNow + 60 * kMinute}));
  EXPECT_FALSE(pace.asks_for_contacts(kNow + 60 * kMinute));
}

TEST(SendPaceTest, GoesOnWhereAHolderBeforeLeftOff) {
  SendPauses left;
  left.all = {v1::RATE_LIMITED, kNow + kMinute};
  const SendPace pace(LineRules(), left);
  EXPECT_TRUE(pace.pauses().all.on(kNow));
  EXPECT_FALSE(pace.pauses().all.on(kNow + kMinute));
}

}  // namespace
}  // namespace linekeeper::worker
