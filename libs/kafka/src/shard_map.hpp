#pragma once

#include <cstdint>
#include <vector>

namespace linekeeper::kafka {

/// One partition of one of the consumer's topics; topic 0 leads.
struct TopicPartition {
  std::uint16_t topic = 0;
  std::int32_t partition = 0;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

/// Which partitions of all topics belong to a shard, by the topics' partition counts. Plain state.
class ShardMap {
 public:
  ShardMap() = default;
  /// `counts[0]` is the lead topic's.
  explicit ShardMap(std::vector<std::int32_t> counts) : counts_(std::move(counts)) {}

  std::int32_t shards() const noexcept { return counts_.empty() ? 0 : counts_[0]; }

  /// The shard's partitions, the lead topic's first. A topic that has fewer lacks it; one that has more gives its
  /// surplus to the shards in turn. The lead topic's own partition is always there: the group just assigned it.
  std::vector<TopicPartition> partitions_of(std::int32_t shard) const;

  friend bool operator==(const ShardMap&, const ShardMap&) = default;

 private:
  std::vector<std::int32_t> counts_;
};

}  // namespace linekeeper::kafka
