#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "linekeeper/kafka/producer.hpp"
#include "linekeeper/kafka/record.hpp"

namespace linekeeper::worker {

/// Records on their way to another place, rejected or forwarded: each is written, in the order of the calls, until
/// Kafka has it or refuses it for good, and only then is its origin finished. Threads: `write` and `write_waiting` on
/// one; completions may come on any.
class Copies {
 public:
  using Send = std::function<Result<void>(kafka::OutgoingRecord record, kafka::Producer::Completion done)>;
  using Finish = std::function<void(const kafka::Ticket& origin)>;
  using Refused = std::function<void(const std::string& reason)>;

  /// `send` as `Producer::send`. All three are called without a lock held.
  Copies(Send send, Finish finish, Refused refused)
      : send_(std::move(send)), finish_(std::move(finish)), refused_(std::move(refused)) {}

  void write(kafka::OutgoingRecord record, kafka::Ticket origin);
  /// Tries again what the producer did not take or could not write.
  void write_waiting();

  std::size_t waiting() const;

 private:
  struct Copy {
    std::shared_ptr<const kafka::OutgoingRecord> record;
    kafka::Ticket origin;
  };

  void wait(std::uint64_t place, Copy copy);
  void give_up(const Copy& copy, const std::string& reason);

  Send send_;
  Finish finish_;
  Refused refused_;
  std::uint64_t places_ = 0;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Copy> waiting_;  ///< By place: what failed goes before what came later. Under the mutex.
};

}  // namespace linekeeper::worker
