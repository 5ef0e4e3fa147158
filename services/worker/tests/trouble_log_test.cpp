#include "loop/trouble_log.hpp"

#include <gtest/gtest.h>

namespace linekeeper::worker {
namespace {

using namespace std::chrono_literals;
const TroubleLog::Time t0{};

TEST(TroubleLogTest, SaysAChangeAtOnceAndTheSameAtGrowingIntervals) {
  TroubleLog log;
  EXPECT_TRUE(log.due("away", t0));
  EXPECT_FALSE(log.due("away", t0 + 9s));
  EXPECT_TRUE(log.due("refused", t0 + 9s));
  EXPECT_TRUE(log.due("refused", t0 + 19s));
  EXPECT_FALSE(log.due("refused", t0 + 38s));
  EXPECT_TRUE(log.due("refused", t0 + 39s));
}

TEST(TroubleLogTest, ATroubleThatComesBackIsNew) {
  TroubleLog log;
  EXPECT_TRUE(log.due("away", t0));
  EXPECT_FALSE(log.due("", t0 + 1s));
  EXPECT_TRUE(log.due("away", t0 + 2s));
}

}  // namespace
}  // namespace linekeeper::worker
