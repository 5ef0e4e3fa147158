#include "board/allowance.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;

TEST(AllowanceTest, AllowsTheMostAndThenWaitsUntilHalfIsBack) {
  Allowance allowance(4);
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(allowance.take());
  auto fifth = std::async(std::launch::async, [&] { return allowance.take(); });
  EXPECT_EQ(fifth.wait_for(50ms), std::future_status::timeout);
  allowance.give_back();
  EXPECT_EQ(fifth.wait_for(50ms), std::future_status::timeout) << "one back is not half";
  allowance.give_back();
  ASSERT_EQ(fifth.wait_for(30s), std::future_status::ready);
  EXPECT_TRUE(fifth.get());
}

TEST(AllowanceTest, TheEndWakesWhoeverWaitsAndAllowsNothingMore) {
  Allowance allowance(1);
  EXPECT_TRUE(allowance.take());
  auto waiting = std::async(std::launch::async, [&] { return allowance.take(); });
  EXPECT_EQ(waiting.wait_for(50ms), std::future_status::timeout);
  allowance.end();
  ASSERT_EQ(waiting.wait_for(30s), std::future_status::ready);
  EXPECT_FALSE(waiting.get());
  EXPECT_FALSE(allowance.take());
}

TEST(AllowanceTest, TwoThreadsPassAllThroughASmallOne) {
  Allowance allowance(3);
  constexpr int kCount = 10'000;
  std::atomic<int> handed = 0;
  std::thread giver([&] {
    for (int i = 0; i < kCount && allowance.take(); ++i)
      ++handed;
  });
  for (int taken = 0; taken < kCount;) {
    if (taken == handed) {
      std::this_thread::yield();
      continue;
    }
    EXPECT_LE(handed - taken, 3);
    ++taken;
    allowance.give_back();
  }
  giver.join();
  EXPECT_EQ(handed, kCount);
}

}  // namespace
}  // namespace linekeeper::control
