#include "repeats.hpp"

#include <gtest/gtest.h>

namespace linekeeper::telemetry {
namespace {

using namespace std::chrono_literals;

TEST(RepeatsTest, LetsSomeThroughInEachWindowAndReportsHowManyItKeptBack) {
  Repeats repeats(2, 10s);
  const Repeats::Time begin{};
  EXPECT_EQ(repeats.admit("a", begin), 0U);
  EXPECT_EQ(repeats.admit("a", begin + 1s), 0U);
  EXPECT_EQ(repeats.admit("a", begin + 2s), std::nullopt);
  EXPECT_EQ(repeats.admit("a", begin + 3s), std::nullopt);
  EXPECT_EQ(repeats.admit("b", begin + 3s), 0U);
  EXPECT_EQ(repeats.admit("a", begin + 10s), 2U);
  EXPECT_EQ(repeats.admit("a", begin + 11s), 0U);
}

TEST(RepeatsTest, StaysBoundedWhenTextsHoldValues) {
  Repeats repeats(1, 10s);
  const Repeats::Time begin{};
  for (int i = 0; i < 100'000; ++i)
    EXPECT_TRUE(repeats.admit("text " + std::to_string(i), begin));
}

}  // namespace
}  // namespace linekeeper::telemetry
