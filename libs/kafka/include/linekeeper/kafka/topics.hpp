#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace linekeeper::kafka {

/// The names of all topics under one prefix.
struct Topics {
  explicit Topics(std::string_view prefix = "linekeeper.");

  std::string pair, reset, send, line;  ///< commands.*
  std::string rejected;                 ///< commands.rejected
  std::string connection, message;      ///< events.*
  std::string parked;                   ///< webhooks.parked; needed by webhooks only, so not among `all`.

  /// What a worker reads; the first is the lead topic.
  std::array<std::string, 4> commands() const { return {pair, reset, send, line}; }
  /// What every fleet needs.
  std::array<std::string, 7> all() const { return {pair, reset, send, line, rejected, connection, message}; }
};

/// How a topic is to be created.
struct TopicSpec {
  std::string name;
  std::int32_t partitions = 12;
  std::int16_t replication = 1;
  std::vector<std::pair<std::string, std::string>> config = {};
};

/// Command topics: stamped by the broker and kept 7 days, because ledgers remember 8. events.connection: kept 1 h,
/// because a QR is a secret. All with one partition count.
std::vector<TopicSpec> topic_specs(const Topics& topics, std::int32_t partitions, std::int16_t replication);

/// A topic as the cluster has it.
struct TopicState {
  std::string name;
  std::int32_t partitions = 0;    ///< 0: it does not exist.
  std::int64_t retention_ms = 0;  ///< -1: for ever; 0: not known.
  bool log_append_time = false;
  bool config_known = false;
};

/// What is wrong with the topics. Everything empty: nothing.
struct TopicFindings {
  std::vector<std::string> missing;
  bool partitions_differ = false;  ///< Among those command topics that exist.
  /// One sentence each, for the log: missing, unequal, retention beyond what the ledgers remember, not stamped by the
  /// broker.
  std::vector<std::string> sentences;
};
TopicFindings examine(const Topics& topics, const std::vector<TopicState>& states);

}  // namespace linekeeper::kafka
