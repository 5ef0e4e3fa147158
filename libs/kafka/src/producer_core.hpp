#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "handle.hpp"
#include "linekeeper/kafka/producer.hpp"
#include "linekeeper/telemetry/metrics.hpp"

namespace linekeeper::kafka {

/// What a `Producer` is made of: an instance of librdkafka, its thread, and what has to survive the instance.
class ProducerCore {
 public:
  ProducerCore(Producer::Settings settings, telemetry::Log& log, telemetry::Metrics& metrics);
  ~ProducerCore();

  std::optional<Problem> start();
  Result<void> send(OutgoingRecord record, Producer::Completion done);
  bool flush(std::chrono::milliseconds timeout);
  std::size_t waiting() const;

  /// Puts the present instance into the state that a fatal error leaves it in.
  void break_instance();

 private:
  /// Lives from `send` until its completion; librdkafka reads the payload from it.
  struct Pending {
    OutgoingRecord record;
    Producer::Completion done;
    std::uint64_t number = 0;  ///< In the order of `send`.
  };

  static ProducerCore& self(void* opaque) { return *static_cast<ProducerCore*>(static_cast<Opaque*>(opaque)->owner); }

  void run();
  std::variant<Instance, Problem> make();
  void replace();
  void send_kept();
  static void retire(Instance old);
  rd_kafka_resp_err_t produce(Pending& pending);
  void ended(rd_kafka_t* by, const rd_kafka_message_t& message);
  std::string why(const rd_kafka_message_t& message);
  void tell_denial(const std::string& what);
  void turn_away();
  void complete(const Pending& pending, const Delivery& delivery);
  void on_error(rd_kafka_t* by, int error, const char* reason);

  const Producer::Settings settings_;
  telemetry::Log& log_;
  Opaque opaque_;
  telemetry::Counter delivered_, refused_, failed_;

  std::shared_mutex instance_mutex_;  ///< Exclusively only while the instance is replaced.
  Instance instance_;                 ///< Empty while no new one could be made.
  std::mutex number_mutex_;
  std::uint64_t next_number_ = 0;
  std::vector<std::unique_ptr<Pending>> kept_;  ///< Given back by a fatal error, to be sent again. The thread's.
  bool fatal_ = false;                          ///< The thread's.
  std::chrono::steady_clock::time_point next_replacement_{};  ///< The thread's.
  std::vector<std::unique_ptr<Pending>> turned_away_;  ///< Sent while brokers deny us to write. Under `number_mutex_`.
  std::string denial_told_;                            ///< Empty once something was delivered. The thread's.
  std::atomic<bool> stop_{false};
  mutable std::mutex waiting_mutex_;
  std::condition_variable drained_;
  std::size_t waiting_ = 0;
  std::thread thread_;
};

}  // namespace linekeeper::kafka
