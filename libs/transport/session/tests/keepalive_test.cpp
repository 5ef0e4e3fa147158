#include "keepalive.hpp"

#include <gtest/gtest.h>

namespace linekeeper::transport {
namespace {

using namespace std::chrono_literals;

constexpr Keepalive::Times kTimes{20s, 30s, 20s};
const Time kStart = Time(1000s);

TEST(KeepaliveTest, PingsAfterARandomWhileBetweenItsTwoLimits) {
  for (const std::uint64_t random : {std::uint64_t{0}, std::uint64_t{1}, UINT64_MAX / 2, UINT64_MAX}) {
    const Keepalive keepalive(kTimes, kStart, random);
    EXPECT_GE(keepalive.due(), kStart + 20s);
    EXPECT_LE(keepalive.due(), kStart + 30s);
  }
}

TEST(KeepaliveTest, AnythingReceivedPutsThePingOff) {
  Keepalive keepalive(kTimes, kStart, 0);
  keepalive.received(kStart + 19s, 0);
  EXPECT_EQ(keepalive.at(kStart + 20s), Keepalive::Step::wait);
  EXPECT_EQ(keepalive.at(kStart + 39s), Keepalive::Step::ping);
}

TEST(KeepaliveTest, IsDeadWhenNothingFollowsAPing) {
  Keepalive keepalive(kTimes, kStart, 0);
  ASSERT_EQ(keepalive.at(kStart + 20s), Keepalive::Step::ping);
  EXPECT_EQ(keepalive.at(kStart + 39s), Keepalive::Step::wait);
  EXPECT_EQ(keepalive.at(kStart + 40s), Keepalive::Step::dead);
}

TEST(KeepaliveTest, LivesOnWhenAnythingFollowsAPing) {
  Keepalive keepalive(kTimes, kStart, 0);
  ASSERT_EQ(keepalive.at(kStart + 20s), Keepalive::Step::ping);
  keepalive.received(kStart + 39s, 0);
  EXPECT_FALSE(keepalive.pinging());
  EXPECT_EQ(keepalive.at(kStart + 40s), Keepalive::Step::wait);
}

}  // namespace
}  // namespace linekeeper::transport
