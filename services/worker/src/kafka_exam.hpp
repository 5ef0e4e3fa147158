#pragma once

#include <functional>
#include <optional>
#include <string>

#include "linekeeper/kafka/connection.hpp"
#include "linekeeper/kafka/topics.hpp"
#include "linekeeper/telemetry/log.hpp"

namespace linekeeper::worker {

/// What a worker has to know of Kafka before it joins the group.
struct KafkaFacts {
  bool committed_offsets = false;  ///< The group has some: this is not a new installation.
};

/// Looks at the topics and the group until Kafka answers: named in the log are topics that are missing or unusual and
/// members of the group that are no workers. Asked before joining, because whoever has joined commits offsets itself.
/// Nothing if `pause` said so: it is called between tries with the reason, waits a moment and returns false to give up.
/// Blocks its thread.
std::optional<KafkaFacts> examine_kafka(const kafka::Connection& connection, const std::string& group_id,
                                        const kafka::Topics& topics, telemetry::Log& log,
                                        const std::function<bool(const std::string& trouble)>& pause);

}  // namespace linekeeper::worker
