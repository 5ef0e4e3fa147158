#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <vector>

#include "assignment.hpp"
#include "linekeeper/kafka/consumer.hpp"
#include "linekeeper/telemetry/metrics.hpp"

namespace linekeeper::kafka {

/// How often librdkafka's own timer commits what was stored.
///
/// We store positions and leave it to that timer to commit them, because only librdkafka's main thread knows in which
/// moments a commit is safe: see JoinWatch. The timer has a second use. That thread sends a heartbeat when something
/// wakes it, which otherwise are timers of half a second and of a second: a `heartbeat` would be rounded up to those
/// (seen with 2.0.2: 500 ms for 250).
std::chrono::milliseconds commit_timer(std::chrono::milliseconds commit_every, std::chrono::milliseconds heartbeat);

/// The positions of an assignment on their way to the broker: stored for librdkafka's timer, and now and then all of
/// them again, because a broker forgets what is not committed for long. Threads: the consumer's alone.
class Commits {
 public:
  using Clock = std::chrono::steady_clock;

  /// All arguments must outlive it.
  Commits(const Consumer::Settings& settings, Assignment& assignment, telemetry::Log& log, telemetry::Metrics& metrics);

  /// The clocks run from `now`.
  void begin(Clock::time_point now);
  /// Whether what was read and finished until `now` is to be stored: once per `commit_every`.
  bool due(Clock::time_point now) const noexcept { return now >= next_; }
  void store_due(rd_kafka_t* instance, Clock::time_point now);

  /// Whether all positions are to be committed again. Not while the consumer joins: see JoinWatch.
  bool due_again(Clock::time_point now) const noexcept { return now >= next_again_; }
  void commit_again(rd_kafka_t* instance, Clock::time_point now);

  /// From now on these are what librdkafka's timer commits.
  void store(rd_kafka_t* instance, const std::vector<Position>& positions);
  /// What librdkafka's callback says of any commit, its timer's too.
  void take_result(rd_kafka_resp_err_t error, const rd_kafka_topic_partition_list_t* offsets);

 private:
  const Consumer::Settings& settings_;
  Assignment& assignment_;
  telemetry::Log& log_;
  telemetry::Counter failed_;
  Clock::time_point next_{};
  Clock::time_point next_again_{};
};

}  // namespace linekeeper::kafka
