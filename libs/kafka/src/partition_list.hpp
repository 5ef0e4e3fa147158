#pragma once

#include <librdkafka/rdkafka.h>

#include <optional>
#include <string>
#include <vector>

#include "assignment.hpp"
#include "handle.hpp"

/// Our partitions, which know their topic by its place in `topics`, as librdkafka's, which know it by name.
namespace linekeeper::kafka {

PartitionList list_of(const std::vector<std::string>& topics, const std::vector<TopicPartition>& partitions);
/// With the offsets.
PartitionList list_of(const std::vector<std::string>& topics, const std::vector<Position>& positions);

/// The other way; nothing for a topic that is not among `topics`.
std::optional<TopicPartition> known(const std::vector<std::string>& topics, const char* topic, std::int32_t partition);

}  // namespace linekeeper::kafka
