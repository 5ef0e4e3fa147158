#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "linekeeper/kafka/connection.hpp"
#include "linekeeper/kafka/record.hpp"

namespace linekeeper::telemetry {
class Log;
}

namespace linekeeper::kafka {

/// What a tail tells its owner. All calls come from the tail's own thread, one at a time, and must return soon.
class TailListener {
 public:
  virtual ~TailListener() = default;

  /// Records of one partition come in order. `ticket.topic` is the index in the settings; there is nothing to give
  /// back.
  virtual void received(Record record) = 0;
  /// Everything that was there at the start has been handed over. Called once.
  virtual void caught_up() = 0;
  /// The tail cannot read, or can again (`trouble` empty). Codes: `kafka_unavailable`; `not_found`, a topic is missing.
  virtual void trouble(const Problem& trouble) = 0;
};

/// Reads all partitions of some topics without a consumer group: every reader sees everything, nobody shares and
/// nothing is committed. For readers that keep the latest of each key.
class Tail {
 public:
  struct Topic {
    std::string name;
    bool from_beginning = false;  ///< Else: what is written from the start on.
  };
  struct Settings {
    Connection connection;
    std::vector<Topic> topics;
  };

  /// Begins at once, also when no broker answers: `listener` learns of it and the tail keeps trying. Partitions that a
  /// topic gains later are read from their beginning. `listener` and `log` must outlive it.
  /// Errors: `invalid_argument`, a property librdkafka refuses.
  static std::variant<std::unique_ptr<Tail>, Problem> start(Settings settings, TailListener& listener,
                                                            telemetry::Log& log);
  /// Ends the thread: within about a second, or two if no broker answers.
  ~Tail();
  Tail(const Tail&) = delete;
  Tail& operator=(const Tail&) = delete;

 private:
  struct Impl;
  explicit Tail(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace linekeeper::kafka
