#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace linekeeper::kafka {

/// Whether a consumer is joining its group: from its JoinGroup request to the answer to SyncGroup.
///
/// Nothing may be committed by us meanwhile. The broker answers a JoinGroup only when all members are there, and reads
/// the next request of that connection only then: a commit sent in between comes with the generation before, and
/// librdkafka up to 2.9 takes that refusal for the loss of its whole assignment (confluentinc/librdkafka#4059, mended
/// in 2.10). Every line of the worker would change hands because another worker came. This cannot be known well enough
/// from outside for commits made all the time, a join may begin between the question and the commit: those are left to
/// librdkafka's timer, which rests while it joins. It is for what happens once a day, and for leaving.
/// Threads: `joining` any; it is fed by librdkafka's own threads. Outlives the instance.
class JoinWatch {
 public:
  /// Before the instance is made of `conf`.
  void attach(rd_kafka_conf_t* conf);

  /// Never true for longer than `kMost`: whoever waits for so long has lost the broker.
  bool joining() const noexcept;

  /// Whether it ever asked to join.
  bool asked() const noexcept { return asked_; }

  static constexpr std::chrono::seconds kMost{60};

 private:
  static rd_kafka_resp_err_t on_new(rd_kafka_t* instance, const rd_kafka_conf_t* conf, void* self, char* error,
                                    std::size_t size);
  static rd_kafka_resp_err_t on_request(rd_kafka_t* instance, int socket, const char* broker, std::int32_t id,
                                        std::int16_t api, std::int16_t version, std::int32_t correlation,
                                        std::size_t size, void* self);
  static rd_kafka_resp_err_t on_response(rd_kafka_t* instance, int socket, const char* broker, std::int32_t id,
                                         std::int16_t api, std::int16_t version, std::int32_t correlation,
                                         std::size_t size, std::int64_t round_trip, rd_kafka_resp_err_t error,
                                         void* self);

  std::atomic<bool> asked_{false};
  std::atomic<std::int64_t> since_{0};  ///< Steady clock's count; 0 while it does not join.
};

}  // namespace linekeeper::kafka
