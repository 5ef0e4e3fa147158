#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "assignment.hpp"
#include "commits.hpp"
#include "handle.hpp"
#include "join_watch.hpp"
#include "linekeeper/kafka/consumer.hpp"
#include "linekeeper/telemetry/metrics.hpp"
#include "offset_audit.hpp"
#include "trouble.hpp"

namespace linekeeper::kafka {

/// The consumer's thread: asks for metadata, subscribes, polls, follows the lead topic, stores positions, takes its
/// leave. Everything that is not an atomic or under a mutex belongs to that thread.
class ConsumerLoop {
 public:
  ConsumerLoop(Consumer::Settings settings, ConsumerListener& listener, telemetry::Log& log,
               telemetry::Metrics& metrics);
  ~ConsumerLoop();

  std::optional<Problem> start();
  void finish(const Ticket& ticket);
  void stop_intake() noexcept { intake_stopped_ = true; }
  void want_membership(bool yes) noexcept { member_wanted_ = yes; }
  bool close(std::chrono::milliseconds timeout);

  std::int32_t shard_count() const noexcept { return shard_count_; }
  std::size_t in_flight_bytes() const noexcept { return in_flight_; }
  bool healthy() const noexcept { return healthy_; }

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  bool wait_for_topics();
  bool ask_for_topics(int timeout_ms);
  void subscribe();
  void unsubscribe();
  void keep_membership();
  void poll_once();
  void take_message(Message message);
  void hand_over(const rd_kafka_message_t& message, TopicPartition from);
  void reached_end(const rd_kafka_message_t& message, TopicPartition from);
  void balance_intake();
  void do_what_is_due();
  void take_leave();
  void end_joining(Clock::time_point until);

  void on_rebalance(rd_kafka_resp_err_t what, const rd_kafka_topic_partition_list_t& lead);
  void on_assigned(std::span<const std::int32_t> shards);
  void on_revoked(std::span<const std::int32_t> shards);
  void on_error(int error, const char* reason);
  void follow_growth();
  void hear_errors();
  void report(std::optional<Problem> problem);
  void tell_trouble();
  void measure();

  static ConsumerLoop& self(void* opaque) { return *static_cast<ConsumerLoop*>(static_cast<Opaque*>(opaque)->owner); }

  const Consumer::Settings settings_;
  ConsumerListener& listener_;
  telemetry::Log& log_;
  Opaque opaque_;
  JoinWatch join_;
  Instance instance_;
  std::vector<TopicHandle> topics_;  ///< Before `instance_` goes, these must: see the destructor.
  ShardMap map_;
  Assignment assignment_;
  Commits commits_;
  bool paused_ = false;
  Trouble trouble_;
  bool subscribed_ = false;
  bool joined_ = false;
  bool leaving_ = false;
  bool assigned_once_ = false;
  Clock::time_point next_metadata_{};

  std::atomic<std::int32_t> shard_count_{0};
  std::atomic<std::size_t> in_flight_{0};
  std::atomic<bool> healthy_{false};
  std::atomic<bool> intake_stopped_{false};
  std::atomic<bool> member_wanted_{true};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Clock::time_point> leave_until_;
  bool left_cleanly_ = false;
  std::optional<OffsetAudit> audit_;
  std::thread thread_;

  std::vector<telemetry::Counter> received_;  ///< By topic.
  std::vector<telemetry::Gauge> lag_;
  telemetry::Gauge in_flight_gauge_;
  telemetry::Gauge shards_gauge_;
  telemetry::Counter assigned_count_, revoked_count_, lost_count_;
};

}  // namespace linekeeper::kafka
