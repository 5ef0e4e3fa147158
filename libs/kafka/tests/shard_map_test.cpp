#include "shard_map.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace linekeeper::kafka {

void PrintTo(const TopicPartition& partition, std::ostream* out) {
  *out << partition.topic << '/' << partition.partition;
}

namespace {

using testing::ElementsAre;

TEST(ShardMapTest, AShardIsTheSameNumberInEveryTopic) {
  const ShardMap map({12, 12, 12});
  EXPECT_EQ(map.shards(), 12);
  EXPECT_THAT(map.partitions_of(7), ElementsAre(TopicPartition{0, 7}, TopicPartition{1, 7}, TopicPartition{2, 7}));
}

TEST(ShardMapTest, ATopicWithFewerPartitionsIsLeftOutWhereItHasNone) {
  const ShardMap map({4, 2});
  EXPECT_THAT(map.partitions_of(1), ElementsAre(TopicPartition{0, 1}, TopicPartition{1, 1}));
  EXPECT_THAT(map.partitions_of(3), ElementsAre(TopicPartition{0, 3}));
}

TEST(ShardMapTest, SurplusPartitionsAreAllReadByExactlyOneShard) {
  const ShardMap map({3, 8});
  std::vector<std::int32_t> read;
  for (std::int32_t shard = 0; shard < 3; ++shard) {
    for (const auto& partition : map.partitions_of(shard)) {
      if (partition.topic == 1) read.push_back(partition.partition);
    }
  }
  std::sort(read.begin(), read.end());
  EXPECT_THAT(read, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST(ShardMapTest, FollowsByNumberWhereTheLeadTopicGrewUnnoticed) {
  const ShardMap map({3, 8});
  EXPECT_THAT(map.partitions_of(5), ElementsAre(TopicPartition{0, 5}, TopicPartition{1, 5}));
}

}  // namespace
}  // namespace linekeeper::kafka
