#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <optional>
#include <string>

#include "linekeeper/kafka/connection.hpp"

namespace linekeeper::kafka {

/// Why a consumer does not work, if it does not: what was met last, and what Kafka denies, which librdkafka tells once
/// only and which therefore holds until the group takes us in or a record of the topic comes.
/// Threads: the consumer's alone.
class Trouble {
 public:
  explicit Trouble(std::string group_id) : group_id_(std::move(group_id)) {}

  /// What was met just now; nothing if all is well. These say whether that changes what there is to tell.
  bool meet(std::optional<Problem> problem);
  /// A right that we lack, of a topic or the group.
  bool deny(const rd_kafka_message_t& message);
  /// The group has members of another kind.
  bool refuse_group();
  /// The group took us in.
  bool joined();
  /// A record of this topic came, or its end.
  bool readable(const std::string& topic);

  /// What to tell: the last that was met, else what is denied.
  const std::optional<Problem>& now() const noexcept { return now_; }

 private:
  std::string group_id_;
  std::optional<Problem> group_;           ///< The group does not take us in.
  std::map<std::string, Problem> topics_;  ///< Topics that we may not read, by name.
  std::optional<Problem> now_;
};

}  // namespace linekeeper::kafka
