#include "linekeeper/auth/lease_search.hpp"

#include <gtest/gtest.h>

namespace linekeeper::auth {
namespace {

using namespace std::chrono_literals;
const MonotonicTime t0{};

LeaseSearch search() {
  return LeaseSearch(LeaseSearch::Settings{});
}

TEST(LeaseSearchTest, WhoeverOnlyLooksDoesSoOnceASecond) {
  LeaseSearch lines = search();
  lines.add("shop", 7, t0);
  EXPECT_EQ(lines.next(), t0 + 1s) << "it was just seen to be busy";
  EXPECT_TRUE(lines.due(t0 + 999ms).empty());
  const auto looks = lines.due(t0 + 1s);
  ASSERT_EQ(looks.size(), 1u);
  EXPECT_FALSE(looks[0].lines[0].ask);
  EXPECT_TRUE(lines.on_answer(looks[0], {false}, t0 + 1s).empty());
  EXPECT_EQ(lines.next(), t0 + 2s);
}

TEST(LeaseSearchTest, WhoeverAsksDoesSoAtOnceAndTenTimesASecond) {
  LeaseSearch lines = search();
  lines.add("shop", 7, t0);
  ASSERT_TRUE(lines.ask_next(t0));
  auto looks = lines.due(t0);
  ASSERT_EQ(looks.size(), 1u);
  EXPECT_TRUE(looks[0].lines[0].ask);
  EXPECT_EQ(looks[0].lines[0].since_us, 7u);
  lines.on_answer(looks[0], {false}, t0 + 1ms);
  EXPECT_EQ(lines.next(), t0 + 100ms);
}

TEST(LeaseSearchTest, LinesAreAskedForInTheOrderInWhichTheyCameEachOnce) {
  LeaseSearch lines = search();
  lines.add("shop", 1, t0);
  lines.add("cafe", 1, t0);
  lines.add("bar", 1, t0);
  lines.remove("cafe");
  EXPECT_EQ(lines.unasked(), 2u);
  ASSERT_TRUE(lines.ask_next(t0));
  const auto looks = lines.due(t0);
  ASSERT_EQ(looks.size(), 1u);
  EXPECT_EQ(looks[0].lines[0].session, "shop");
  ASSERT_TRUE(lines.ask_next(t0));
  EXPECT_FALSE(lines.ask_next(t0));
  EXPECT_EQ(lines.unasked(), 0u);
}

TEST(LeaseSearchTest, AFreeLineIsNoLongerSoughtAndToldWhetherItWasAskedFor) {
  LeaseSearch lines = search();
  lines.add("shop", 1, t0);
  lines.ask_next(t0);
  const auto looks = lines.due(t0);
  const auto free = lines.on_answer(looks[0], {true}, t0);
  ASSERT_EQ(free.size(), 1u);
  EXPECT_TRUE(free[0].asked);
  EXPECT_EQ(lines.size(), 0u);
  EXPECT_FALSE(lines.next());
}

TEST(LeaseSearchTest, AnAnswerAboutALineThatIsNoLongerSoughtIsIgnored) {
  LeaseSearch lines = search();
  lines.add("shop", 1, t0);
  const auto looks = lines.due(t0 + 1s);
  lines.remove("shop");
  EXPECT_TRUE(lines.on_answer(looks[0], {true}, t0 + 1s).empty());
}

TEST(LeaseSearchTest, WithoutAnAnswerItLooksAgainAfterASecondEvenWhereItAsks) {
  LeaseSearch lines = search();
  lines.add("shop", 1, t0);
  lines.ask_next(t0);
  const auto looks = lines.due(t0);
  EXPECT_FALSE(lines.next()) << "under way";
  lines.on_failure(looks[0], t0 + 2s);
  EXPECT_EQ(lines.next(), t0 + 3s);
}

TEST(LeaseSearchTest, ThousandsOfBusyLinesCostOneLookForEachBucket) {
  LeaseSearch lines = search();
  for (int i = 0; i < 5000; ++i)
    lines.add("line-" + std::to_string(i), 1, t0);
  while (lines.ask_next(t0)) {
  }
  const auto looks = lines.due(t0);
  EXPECT_LE(looks.size(), 256u);
  std::size_t sought = 0;
  for (const auto& look : looks)
    sought += look.lines.size();
  EXPECT_EQ(sought, 5000u);
}

}  // namespace
}  // namespace linekeeper::auth
