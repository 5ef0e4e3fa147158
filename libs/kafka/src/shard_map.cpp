#include "shard_map.hpp"

namespace linekeeper::kafka {

std::vector<TopicPartition> ShardMap::partitions_of(std::int32_t shard) const {
  std::vector<TopicPartition> out = {{0, shard}};
  const std::int32_t lead = shards();
  for (std::size_t topic = 1; topic < counts_.size(); ++topic) {
    if (lead == 0 || shard >= lead) {
      // The lead topic has grown since it was asked about: only the number itself can be followed for now.
      if (shard < counts_[topic]) out.push_back({static_cast<std::uint16_t>(topic), shard});
      continue;
    }
    for (std::int32_t partition = shard; partition < counts_[topic]; partition += lead) {
      out.push_back({static_cast<std::uint16_t>(topic), partition});
    }
  }
  return out;
}

}  // namespace linekeeper::kafka
