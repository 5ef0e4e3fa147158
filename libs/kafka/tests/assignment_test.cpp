#include "assignment.hpp"

#include <gmock/gmock.h>

namespace linekeeper::kafka {
namespace {

using testing::ElementsAre;

std::vector<std::int64_t> offsets(const std::vector<Position>& positions) {
  std::vector<std::int64_t> out;
  for (const auto& position : positions)
    out.push_back(position.offset);
  return out;
}

TEST(AssignmentTest, HandsOverEachRecordOnce) {
  Assignment assignment;
  assignment.add(3, {{0, 3}, {1, 3}});
  EXPECT_TRUE(assignment.read({1, 3}, 10, 1));
  EXPECT_FALSE(assignment.read({1, 3}, 10, 1)) << "the same record again";
  EXPECT_FALSE(assignment.read({1, 4}, 10, 1)) << "not ours";
  EXPECT_TRUE(assignment.read({1, 3}, 11, 1));
}

TEST(AssignmentTest, ATicketOfAnEarlierAssignmentFinishesNothing) {
  Assignment assignment;
  assignment.add(3, {{0, 3}});
  const auto old = assignment.read({0, 3}, 10, 1);
  assignment.remove(3);
  assignment.add(3, {{0, 3}});
  const auto fresh = assignment.read({0, 3}, 10, 1);
  ASSERT_TRUE(old && fresh);
  assignment.finish(*old);
  EXPECT_THAT(offsets(assignment.take_commits()), ElementsAre(10));
  assignment.finish(*fresh);
  EXPECT_THAT(offsets(assignment.take_commits()), ElementsAre(11));
}

TEST(AssignmentTest, StoresOnlyWhatChangedAndAgainWhatWasNotTaken) {
  Assignment assignment;
  assignment.add(0, {{0, 0}});
  assignment.add(1, {{0, 1}});
  assignment.reach_end({0, 0}, 5);
  assignment.reach_end({0, 1}, 6);
  EXPECT_THAT(offsets(assignment.take_commits(1)), ElementsAre(6));
  EXPECT_THAT(offsets(assignment.take_commits()), ElementsAre(5));
  EXPECT_TRUE(assignment.take_commits().empty());
  assignment.not_stored({0, 1});
  EXPECT_THAT(offsets(assignment.take_commits()), ElementsAre(6));
  assignment.store_all_again();
  EXPECT_THAT(offsets(assignment.take_commits()), ElementsAre(5, 6));
}

TEST(AssignmentTest, SaysOnceThatWhatWasPresentHasBeenRead) {
  Assignment assignment;
  assignment.add(0, {{0, 0}, {1, 0}});
  EXPECT_EQ(assignment.caught_up({0, 0}, 0, true), 0) << "empty from the start";
  assignment.read({1, 0}, 10, 1);
  EXPECT_EQ(assignment.caught_up({1, 0}, 12, false), std::nullopt);
  assignment.read({1, 0}, 11, 1);
  EXPECT_EQ(assignment.caught_up({1, 0}, 500, false), 0) << "more has come since, but that was not present";
  EXPECT_EQ(assignment.caught_up({1, 0}, 500, true), std::nullopt);
}

TEST(AssignmentTest, GrowsByWhatIsNewOnly) {
  Assignment assignment;
  EXPECT_EQ(assignment.add(0, {{0, 0}, {1, 0}}).size(), 2U);
  EXPECT_THAT(assignment.add(0, {{0, 0}, {1, 0}, {1, 12}}), ElementsAre(TopicPartition{1, 12}));
  EXPECT_EQ(assignment.remove(0).size(), 3U);
  EXPECT_TRUE(assignment.partitions().empty());
}

}  // namespace
}  // namespace linekeeper::kafka
