#include "linekeeper/kafka/offset_tracker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace linekeeper::kafka {
namespace {

TEST(OffsetTrackerTest, HasNothingToCommitBeforeTheFirstRecord) {
  const OffsetTracker tracker;
  EXPECT_EQ(tracker.position(), std::nullopt);
  EXPECT_EQ(tracker.to_commit(), std::nullopt);
}

TEST(OffsetTrackerTest, StandsAtTheFirstRecordThatHasNotFinished) {
  OffsetTracker tracker;
  for (const int offset : {10, 11, 12})
    tracker.read(offset);
  EXPECT_EQ(tracker.position(), 10);
  EXPECT_TRUE(tracker.finish(11));
  EXPECT_EQ(tracker.position(), 10);
  EXPECT_TRUE(tracker.finish(10));
  EXPECT_EQ(tracker.position(), 12);
  EXPECT_TRUE(tracker.finish(12));
  EXPECT_EQ(tracker.position(), 13);
  EXPECT_EQ(tracker.in_flight(), 0U);
}

TEST(OffsetTrackerTest, StepsOverOffsetsThatDoNotExist) {
  OffsetTracker tracker;
  for (const int offset : {5, 9, 20})
    tracker.read(offset);
  EXPECT_TRUE(tracker.finish(5));
  EXPECT_EQ(tracker.position(), 9);
  EXPECT_TRUE(tracker.finish(20));
  EXPECT_TRUE(tracker.finish(9));
  EXPECT_EQ(tracker.position(), 21);
}

TEST(OffsetTrackerTest, RefusesWhatIsNotInFlight) {
  OffsetTracker tracker;
  tracker.read(5);
  tracker.read(7);
  EXPECT_FALSE(tracker.finish(4));
  EXPECT_FALSE(tracker.finish(6));
  EXPECT_FALSE(tracker.finish(8));
  EXPECT_TRUE(tracker.finish(7));
  EXPECT_FALSE(tracker.finish(7));
  EXPECT_EQ(tracker.in_flight(), 1U);
  EXPECT_EQ(tracker.position(), 5);
}

TEST(OffsetTrackerTest, AnEmptyPartitionsEndIsAPositionToo) {
  OffsetTracker tracker;
  tracker.reach_end(42);
  EXPECT_EQ(tracker.to_commit(), 42);
  tracker.committed(42);
  tracker.read(42);
  tracker.reach_end(43);
  EXPECT_EQ(tracker.position(), 42) << "an end says nothing about a record in flight";
  tracker.finish(42);
  EXPECT_EQ(tracker.to_commit(), 43);
}

TEST(OffsetTrackerTest, AnEndThatIsBehindChangesNothing) {
  OffsetTracker tracker;
  tracker.read(10);
  tracker.finish(10);
  tracker.reach_end(5);
  EXPECT_EQ(tracker.position(), 11);
}

TEST(OffsetTrackerTest, CommitsAPositionOnceUnlessAskedAgain) {
  OffsetTracker tracker;
  tracker.read(1);
  tracker.finish(1);
  EXPECT_EQ(tracker.to_commit(), 2);
  tracker.committed(2);
  EXPECT_EQ(tracker.to_commit(), std::nullopt);
  tracker.commit_again();
  EXPECT_EQ(tracker.to_commit(), 2);
}

TEST(OffsetTrackerTest, NeverPassesAnUnfinishedRecordInWhateverOrderTheyFinish) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    OffsetTracker tracker;
    std::vector<int> open;
    int next = 0;
    for (int step = 0; step < 100; ++step) {
      if (open.empty() || random() % 2 == 0) {
        next += 1 + static_cast<int>(random() % 3);
        tracker.read(next);
        open.push_back(next);
      } else {
        const auto at = open.begin() + static_cast<std::ptrdiff_t>(random() % open.size());
        ASSERT_TRUE(tracker.finish(*at));
        open.erase(at);
      }
      ASSERT_EQ(tracker.position(), open.empty() ? next + 1 : *std::min_element(open.begin(), open.end()));
      ASSERT_EQ(tracker.in_flight(), open.size());
    }
  }
}

}  // namespace
}  // namespace linekeeper::kafka
