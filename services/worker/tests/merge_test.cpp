#include "intake/merge.hpp"

#include <gmock/gmock.h>

namespace linekeeper::worker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint16_t kPair = 0;
constexpr std::uint16_t kReset = 1;
constexpr std::uint16_t kSend = 2;
constexpr std::uint16_t kLine = 3;

Command at(auth::UnixMs timestamp, std::string id) {
  Command command;
  command.head.origin.timestamp_ms = timestamp;
  command.head.command_id = std::move(id);
  return command;
}

class MergeTest : public testing::Test {
 protected:
  void read(std::uint16_t topic, auth::UnixMs timestamp, const std::string& id) {
    take(merge_.read(3, topic, at(timestamp, id)));
  }
  void caught_up(std::uint16_t topic) { take(merge_.caught_up(3, topic)); }
  void take(std::vector<Command> commands) {
    for (const Command& command : commands)
      out_.push_back(command.head.command_id);
  }

  Merge::Time begin_{};
  Merge merge_{10s};
  std::vector<std::string> out_;
};

TEST_F(MergeTest, PutsWhatWasPresentIntoTheOrderInWhichItWasWritten) {
  merge_.assigned(3, begin_);
  read(kSend, 30, "send 30");
  read(kSend, 50, "send 50");
  caught_up(kSend);
  read(kPair, 10, "pair 10");
  caught_up(kPair);
  caught_up(kLine);
  EXPECT_THAT(out_, IsEmpty()) << "a reset before them may still come";
  read(kReset, 40, "reset 40");
  EXPECT_THAT(out_, ElementsAre("pair 10", "send 30", "reset 40"));
  caught_up(kReset);
  EXPECT_THAT(out_, ElementsAre("pair 10", "send 30", "reset 40", "send 50"));
  EXPECT_EQ(merge_.merging(), 0U);
}

TEST_F(MergeTest, PassesCommandsOnAsTheyComeAfterwards) {
  merge_.assigned(3, begin_);
  for (const auto topic : {kPair, kReset, kSend, kLine})
    caught_up(topic);
  read(kSend, 50, "send 50");
  read(kPair, 10, "pair 10");
  EXPECT_THAT(out_, ElementsAre("send 50", "pair 10"));
}

TEST_F(MergeTest, LetsALongTopicFlowWhereTheOthersAreEmpty) {
  merge_.assigned(3, begin_);
  for (const auto topic : {kPair, kReset, kLine})
    caught_up(topic);
  read(kSend, 1, "a");
  read(kSend, 2, "b");
  EXPECT_THAT(out_, ElementsAre("a", "b")) << "nothing is held for nothing";
}

TEST_F(MergeTest, NeverReordersWithinATopic) {
  merge_.assigned(3, begin_);
  for (const auto topic : {kPair, kReset, kLine})
    caught_up(topic);
  read(kSend, 9, "first");
  read(kSend, 5, "second, from a slower clock");
  EXPECT_THAT(out_, ElementsAre("first", "second, from a slower clock"));
}

TEST_F(MergeTest, DoesNotWaitForATopicForEver) {
  merge_.assigned(3, begin_);
  read(kSend, 30, "send 30");
  read(kPair, 10, "pair 10");
  take(merge_.expire(begin_ + 9s));
  EXPECT_THAT(out_, IsEmpty());
  take(merge_.expire(begin_ + 10s));
  EXPECT_THAT(out_, ElementsAre("pair 10", "send 30"));
  read(kSend, 40, "send 40");
  EXPECT_THAT(out_, ElementsAre("pair 10", "send 30", "send 40"));
}

TEST_F(MergeTest, ForgetsAShardThatIsNoLongerOurs) {
  merge_.assigned(3, begin_);
  read(kSend, 30, "send 30");
  merge_.revoked(3);
  for (const auto topic : {kPair, kReset, kSend, kLine})
    caught_up(topic);
  take(merge_.expire(begin_ + 1h));
  EXPECT_THAT(out_, IsEmpty());
}

TEST_F(MergeTest, KeepsShardsApart) {
  merge_.assigned(3, begin_);
  merge_.assigned(4, begin_);
  for (const auto topic : {kPair, kReset, kSend, kLine})
    caught_up(topic);
  read(kSend, 1, "shard 3 flows");
  take(merge_.read(4, kSend, at(1, "shard 4 is held")));
  EXPECT_THAT(out_, ElementsAre("shard 3 flows"));
}

}  // namespace
}  // namespace linekeeper::worker
