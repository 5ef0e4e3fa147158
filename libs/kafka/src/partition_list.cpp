#include "partition_list.hpp"

#include <algorithm>

namespace linekeeper::kafka {

PartitionList list_of(const std::vector<std::string>& topics, const std::vector<TopicPartition>& partitions) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const TopicPartition& partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), topics[partition.topic].c_str(), partition.partition);
  }
  return list;
}

PartitionList list_of(const std::vector<std::string>& topics, const std::vector<Position>& positions) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const auto& [partition, offset] : positions) {
    rd_kafka_topic_partition_list_add(list.get(), topics[partition.topic].c_str(), partition.partition)->offset =
        offset;
  }
  return list;
}

std::optional<TopicPartition> known(const std::vector<std::string>& topics, const char* topic, std::int32_t partition) {
  const auto found = std::find(topics.begin(), topics.end(), std::string_view(topic));
  if (found == topics.end()) return std::nullopt;
  return TopicPartition{static_cast<std::uint16_t>(found - topics.begin()), partition};
}

}  // namespace linekeeper::kafka
