#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "handle.hpp"
#include "linekeeper/kafka/consumer.hpp"
#include "shard_map.hpp"

namespace linekeeper::kafka {

/// Notices committed offsets that are gone: a group that has some, but none for a partition it reads, has lost them,
/// because a broker expires those of topics that nobody subscribes to. Reading then starts at the earliest record, and
/// somebody should know.
///
/// On a thread of its own: the question blocks until the group's coordinator answers, and nothing may delay the
/// consumer's polls. (The library's asynchronous form of the question crashes when the coordinator moves.)
class OffsetAudit {
 public:
  /// All arguments must outlive it.
  OffsetAudit(rd_kafka_t& instance, const Consumer::Settings& settings, telemetry::Log& log);
  /// Waits for a question under way, 2 s at most.
  ~OffsetAudit();

  void ask(std::vector<TopicPartition> partitions);

 private:
  void run();
  void answer(const std::vector<TopicPartition>& partitions);

  rd_kafka_t& instance_;
  const Consumer::Settings& settings_;
  telemetry::Log& log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<TopicPartition> asked_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace linekeeper::kafka
