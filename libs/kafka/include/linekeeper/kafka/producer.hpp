#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "linekeeper/kafka/connection.hpp"
#include "linekeeper/kafka/record.hpp"

namespace linekeeper::telemetry {
class Log;
class Metrics;
}  // namespace linekeeper::telemetry

namespace linekeeper::kafka {

/// A record to be written.
struct OutgoingRecord {
  std::string topic;
  std::string key;
  Bytes payload;
  Headers headers = {};
  /// Absent: murmur2 of the key, as Java's producer does; a record without a key goes anywhere.
  std::optional<std::int32_t> partition = {};
  std::optional<std::int64_t> timestamp_ms = {};  ///< Absent: now. Topics with LogAppendTime overrule it.
};

/// How a record ended.
struct Delivery {
  /// None: all in-sync replicas have it. `kafka_refused`: it can never be written (too large, invalid): repeating it
  /// is useless. `kafka_unavailable`: not written, or not known (no topic, no rights, closed); may be repeated.
  error_code error;
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  std::string reason;  ///< librdkafka's words, for the log.
};

/// An idempotent producer (acks=all) with a thread of its own. Any thread may call it.
///
/// Records of one key are written in the order of `send`. After a fatal error inside librdkafka (a broker that lost the
/// producer's state) a new instance takes over and sends what waited, in order; a record under way just then may be
/// written twice. Readers deduplicate.
class Producer {
 public:
  struct Settings {
    Connection connection;
    std::size_t queue_bytes = 64 << 20;
    std::size_t queue_records = 100'000;
    /// How long a record may wait for its acknowledgement; 0: for ever.
    std::chrono::milliseconds delivery_timeout{0};
  };
  /// Called once for each accepted record, on the producer's thread: hand over to your own loop and return.
  using Completion = std::function<void(const Delivery&)>;

  /// `log` and `metrics` must outlive it. Errors: `invalid_argument`, a property librdkafka refuses.
  static std::variant<std::unique_ptr<Producer>, Problem> start(Settings settings, telemetry::Log& log,
                                                                telemetry::Metrics& metrics);
  /// Records still waiting end as `kafka_unavailable`; flush first.
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  /// Takes the record into the queue. Then exactly one call of `done` follows, also at destruction.
  /// Errors, without a call of `done`: `kafka_queue_full`, wait for completions; `kafka_refused`, too large or an
  /// unknown partition; `kafka_unavailable`, the producer is being replaced after a fatal error.
  Result<void> send(OutgoingRecord record, Completion done);

  /// Waits until nothing accepted is waiting. False if `timeout` passed before. Blocks: not for event loops.
  bool flush(std::chrono::milliseconds timeout);

  /// Records accepted and not ended.
  std::size_t waiting() const noexcept;

 private:
  struct Impl;
  explicit Producer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace linekeeper::kafka
