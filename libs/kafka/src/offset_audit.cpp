#include "offset_audit.hpp"

#include <algorithm>
#include <utility>

#include "linekeeper/telemetry/log.hpp"

namespace linekeeper::kafka {
namespace {

constexpr int kTimeoutMs = 2000;

}  // namespace

OffsetAudit::OffsetAudit(rd_kafka_t& instance, const Consumer::Settings& settings, telemetry::Log& log)
    : instance_(instance), settings_(settings), log_(log), thread_([this] { run(); }) {}

OffsetAudit::~OffsetAudit() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void OffsetAudit::ask(std::vector<TopicPartition> partitions) {
  if (partitions.empty()) return;
  {
    const std::scoped_lock lock(mutex_);
    asked_.insert(asked_.end(), partitions.begin(), partitions.end());
  }
  changed_.notify_all();
}

void OffsetAudit::run() {
  for (;;) {
    std::vector<TopicPartition> partitions;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || !asked_.empty(); });
      if (stop_) return;
      partitions = std::exchange(asked_, {});
    }
    answer(partitions);
  }
}

void OffsetAudit::answer(const std::vector<TopicPartition>& partitions) {
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const TopicPartition& partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), settings_.topics[partition.topic].c_str(), partition.partition);
  }
  if (rd_kafka_committed(&instance_, list.get(), kTimeoutMs) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const rd_kafka_topic_partition_t* begin = list->elems;
  const rd_kafka_topic_partition_t* end = begin + list->cnt;
  if (std::none_of(begin, end, [](const auto& offset) { return offset.offset >= 0; })) return;  // a new group
  for (const auto* offset = begin; offset != end; ++offset) {
    if (offset->offset >= 0 || offset->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    log_.warn("no committed offset although the group has others: reading from the earliest record",
              {{"topic", offset->topic}, {"partition", offset->partition}, {"group", settings_.group_id}});
  }
}

}  // namespace linekeeper::kafka
