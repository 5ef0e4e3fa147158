#include "linekeeper/base/backoff.hpp"

#include <gtest/gtest.h>

namespace linekeeper {
namespace {
using namespace std::chrono_literals;

constexpr std::uint64_t kLeast = 0;

TEST(BackoffTest, CeilingDoublesUpToTheMostAndJitterCoversAllOfIt) {
  Backoff backoff(1s, 5min);
  for (const auto ceiling : {1000ms, 2000ms, 4000ms, 8000ms}) {
    Backoff copy = backoff;
    EXPECT_EQ(copy.next(kLeast), 0ms);
    EXPECT_EQ(backoff.next(static_cast<std::uint64_t>(ceiling.count())), ceiling);
  }
  for (int i = 0; i < 20; ++i)
    EXPECT_LE(backoff.next(~std::uint64_t{0}), 5min);
}

TEST(BackoffTest, ARateLimitSetsAFloorUntilReset) {
  Backoff backoff(1s, 5min);
  backoff.raise_to(5min);
  EXPECT_GE(backoff.next(kLeast), 5min);
  backoff.reset();
  EXPECT_EQ(backoff.next(kLeast), 0ms);
  EXPECT_EQ(backoff.failures(), 1u);
}

}  // namespace
}  // namespace linekeeper
