#include "hooks/delivery_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;
using Queue = DeliveryQueue;
using Failure = Queue::Failure;

/// The jitter that waits for the whole ceiling, for each of the policy's below.
constexpr std::uint64_t kLongest = 1001ULL * 2001 * 4001 * 8001 - 1;

class DeliveryQueueTest : public testing::Test {
 protected:
  static Queue::Policy policy() {
    Queue::Policy policy;
    policy.concurrency = 3;
    policy.attempts = 3;
    policy.give_up_after = 60s;
    policy.backoff_first = 1s;
    policy.backoff_most = 8s;
    return policy;
  }

  /// The event that is to be sent now; 0 if none is.
  Queue::Id attempt() {
    const auto step = queue.next(now);
    const auto* attempt = std::get_if<Queue::Attempt>(&step);
    return attempt == nullptr ? 0 : attempt->id;
  }
  std::vector<Queue::Id> attempts() {
    std::vector<Queue::Id> ids;
    while (const auto id = attempt())
      ids.push_back(id);
    return ids;
  }
  /// When something is to be done again.
  Queue::Time wake() {
    const auto step = queue.next(now);
    const auto* wait = std::get_if<Queue::Wait>(&step);
    EXPECT_NE(wait, nullptr) << "there is something to do now";
    return wait == nullptr ? Queue::Time::min() : wait->until;
  }
  void fail(Queue::Id id, Failure how, std::optional<Queue::Duration> retry_after = {}) {
    queue.failed(id, how, retry_after, now, kLongest);
  }

  Queue queue{policy()};
  Queue::Time now = Queue::Time() + 1h;
};

using Ids = std::vector<Queue::Id>;

TEST_F(DeliveryQueueTest, EventsOfASessionGoOneAfterTheOtherAndSessionsBesideEachOther) {
  const auto a1 = queue.put("a");
  const auto a2 = queue.put("a");
  const auto b1 = queue.put("b");
  EXPECT_EQ(attempts(), (Ids{a1, b1}));
  EXPECT_EQ(wake(), Queue::Time::max());
  queue.delivered(a1);
  EXPECT_EQ(attempts(), (Ids{a2}));
  queue.delivered(b1);
  queue.delivered(a2);
  EXPECT_EQ(queue.waiting() + queue.in_flight(), 0U);
}

TEST_F(DeliveryQueueTest, NoMoreAtOnceThanTheEndpointIsToTake) {
  for (const char* session : {"a", "b", "c", "d", "e"})
    queue.put(session);
  const auto first = attempts();
  EXPECT_EQ(first.size(), 3U);
  EXPECT_EQ(queue.waiting(), 2U);
  queue.delivered(first[1]);
  EXPECT_EQ(attempts().size(), 1U);
}

TEST_F(DeliveryQueueTest, ARefusalHoldsUpItsSessionOnlyAndDoublesItsWait) {
  const auto a1 = queue.put("a");
  const auto a2 = queue.put("a");
  ASSERT_EQ(attempt(), a1);
  fail(a1, Failure::refused);
  const auto b1 = queue.put("b");
  EXPECT_EQ(attempts(), (Ids{b1})) << "others go on";
  queue.delivered(b1);
  EXPECT_EQ(wake(), now + 1s);
  now += 1s;
  ASSERT_EQ(attempt(), a1) << "and not the one behind it";
  fail(a1, Failure::refused);
  EXPECT_EQ(wake(), now + 2s);
  now += 2s;
  ASSERT_EQ(attempt(), a1);
  queue.delivered(a1);
  EXPECT_EQ(attempt(), a2);
}

TEST_F(DeliveryQueueTest, WhatIsRefusedTooOftenIsPutAsideAndTheNextOneFollowsOnlyThen) {
  const auto a1 = queue.put("a");
  const auto a2 = queue.put("a");
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(attempt(), a1) << i;
    fail(a1, Failure::refused);
    if (i < 2) now = wake();
  }
  const auto step = queue.next(now);
  const auto* park = std::get_if<Queue::Park>(&step);
  ASSERT_NE(park, nullptr);
  EXPECT_EQ(park->id, a1);
  EXPECT_EQ(park->why, ParkReason::refused);
  EXPECT_EQ(park->attempts, 3U);
  EXPECT_EQ(wake(), Queue::Time::max()) << "until it is known to be kept";
  queue.not_parked(a1, now + 2s);
  EXPECT_EQ(wake(), now + 2s);
  now += 2s;
  const auto again = queue.next(now);
  ASSERT_TRUE(std::holds_alternative<Queue::Park>(again));
  EXPECT_EQ(std::get<Queue::Park>(again).why, ParkReason::refused);
  queue.parked(a1);
  EXPECT_EQ(attempt(), a2);
}

TEST_F(DeliveryQueueTest, AnEndpointThatIsAwayIsAskedByOneEventWithWaitsThatDouble) {
  for (const char* session : {"a", "b", "c", "d"})
    queue.put(session);
  for (const auto id : attempts())
    fail(id, Failure::away);  // Together: one failure of the endpoint.
  EXPECT_TRUE(queue.away_since());
  EXPECT_EQ(wake(), now + 1s);
  now += 1s;
  const auto asked = attempts();
  ASSERT_EQ(asked.size(), 1U);
  fail(asked[0], Failure::away);
  EXPECT_EQ(wake(), now + 2s);
  now += 2s;
  const auto back = attempts();
  ASSERT_EQ(back.size(), 1U);
  queue.delivered(back[0]);
  EXPECT_FALSE(queue.away_since());
  EXPECT_GE(attempts().size(), 1U) << "now the others";
}

TEST_F(DeliveryQueueTest, WaitsStayBelowTheirMost) {
  queue.put("a");
  for (int i = 0; i < 7; ++i) {
    const auto id = attempt();
    if (id == 0) break;  // Given up by then.
    fail(id, Failure::away);
    EXPECT_LE(wake(), now + 8s) << i;
    now = wake();
  }
}

TEST_F(DeliveryQueueTest, JitterNeverAsksAgainAtOnce) {
  const auto a1 = queue.put("a");
  ASSERT_EQ(attempt(), a1);
  queue.failed(a1, Failure::away, {}, now, 0);
  EXPECT_EQ(wake(), now + 100ms);
}

TEST_F(DeliveryQueueTest, RetryAfterIsKeptToForTheWholeEndpoint) {
  const auto a1 = queue.put("a");
  ASSERT_EQ(attempt(), a1);
  fail(a1, Failure::away, 20s);
  queue.put("b");
  EXPECT_EQ(wake(), now + 20s);
  now += 20s;
  EXPECT_EQ(attempts().size(), 1U);
}

TEST_F(DeliveryQueueTest, RetryAfterCannotHoldAnEventForLongerThanItIsTried) {
  const auto a1 = queue.put("a");
  ASSERT_EQ(attempt(), a1);
  fail(a1, Failure::away, 240h);
  EXPECT_EQ(wake(), now + 60s);
  now += 60s;
  const auto step = queue.next(now);
  ASSERT_TRUE(std::holds_alternative<Queue::Park>(step));
  EXPECT_EQ(std::get<Queue::Park>(step).why, ParkReason::gave_up);
}

TEST_F(DeliveryQueueTest, AnEndpointThatStaysAwayHasTheRestPutAsideUntried) {
  const auto a1 = queue.put("a");
  ASSERT_EQ(attempt(), a1);
  fail(a1, Failure::away, 60s);
  queue.put("a");
  const auto b1 = queue.put("b");
  now += 60s;
  std::map<Queue::Id, ParkReason> parked;
  Queue::Id asks = 0;
  for (;;) {
    const auto step = queue.next(now);
    if (const auto* park = std::get_if<Queue::Park>(&step)) {
      parked[park->id] = park->why;
      queue.parked(park->id);
    } else if (const auto* one = std::get_if<Queue::Attempt>(&step)) {
      ASSERT_EQ(asks, 0U) << "one asks";
      asks = one->id;
    } else {
      break;
    }
  }
  EXPECT_EQ(parked.at(a1), ParkReason::gave_up);
  EXPECT_NE(asks, 0U) << "whether it is back";
  EXPECT_EQ(parked.size() + 1, 3U);
  for (const auto& [id, why] : parked) {
    if (id != a1) {
      EXPECT_EQ(why, ParkReason::endpoint_away);
    }
  }
  EXPECT_TRUE(asks == b1 || parked.contains(b1));
  queue.delivered(asks);
  const auto c1 = queue.put("c");
  EXPECT_EQ(attempt(), c1) << "it is back: nothing is put aside untried any more";
}

TEST_F(DeliveryQueueTest, WhatWasNeverTriedIsNotGivenUpByAgeWhileTheEndpointTakesOthers) {
  const auto a1 = queue.put("a");
  const auto a2 = queue.put("a");
  ASSERT_EQ(attempt(), a1);
  now += 10min;  // A slow one.
  queue.delivered(a1);
  EXPECT_EQ(attempt(), a2);
}

TEST_F(DeliveryQueueTest, DroppedOnesAreGoneAndThoseUnderWayAreNot) {
  const auto a1 = queue.put("a");
  const auto a2 = queue.put("a");
  const auto a3 = queue.put("a");
  const auto b1 = queue.put("b");
  ASSERT_EQ(attempt(), a1);
  EXPECT_FALSE(queue.drop(a1));
  EXPECT_TRUE(queue.drop(a2));
  EXPECT_TRUE(queue.drop(b1));
  queue.delivered(a1);
  EXPECT_EQ(attempts(), (Ids{a3}));
}

/// Whatever happens to them, events of one session arrive in order, and each ends once.
TEST_F(DeliveryQueueTest, KeepsTheOrderOfEachSessionThroughEverything) {
  std::uint64_t seed = 7;
  const auto dice = [&](std::uint64_t sides) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (seed >> 33) % sides;
  };
  std::map<Queue::Id, std::string> sessions;
  std::map<std::string, Queue::Id> last_delivered;
  std::map<Queue::Id, int> ends;
  Ids under_way;
  std::size_t put = 0;
  for (int round = 0; round < 20'000 || ends.size() < put; ++round) {
    ASSERT_LT(round, 2'000'000) << "something never ends";
    if (put < 2'000 && dice(3) == 0) {
      const std::string session(1, static_cast<char>('a' + dice(9)));
      sessions[queue.put(session)] = session;
      ++put;
    }
    const auto step = queue.next(now);
    if (const auto* attempt = std::get_if<Queue::Attempt>(&step)) {
      under_way.push_back(attempt->id);
      ASSERT_LE(under_way.size(), policy().concurrency);
    } else if (const auto* park = std::get_if<Queue::Park>(&step)) {
      if (dice(4) == 0) {
        queue.not_parked(park->id, now + 2s);
      } else {
        queue.parked(park->id);
        ++ends[park->id];
      }
    } else {
      now += std::chrono::milliseconds(1 + dice(900));
    }
    if (under_way.empty() || dice(2) == 0) continue;
    const std::size_t which = dice(under_way.size());
    const auto id = under_way[which];
    under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(which));
    const auto fate = dice(10);
    if (fate < 6) {
      ASSERT_LT(last_delivered[sessions.at(id)], id) << "out of order";
      last_delivered[sessions.at(id)] = id;
      ++ends[id];
      queue.delivered(id);
    } else {
      queue.failed(id, fate < 8 ? Failure::refused : Failure::away, {}, now, dice(UINT32_MAX) << 32);
    }
  }
  for (const auto& [id, times] : ends)
    EXPECT_EQ(times, 1) << id;
  EXPECT_EQ(ends.size(), put);
}

}  // namespace
}  // namespace linekeeper::control
