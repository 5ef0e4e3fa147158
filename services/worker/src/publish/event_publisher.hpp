#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <variant>

#include "linekeeper/base/result.hpp"
#include "linekeeper/kafka/producer.hpp"
#include "linekeeper/kafka/topics.hpp"
#include "linekeeper/net/awaitable.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "linekeeper/telemetry/metrics.hpp"
#include "linekeeper/v1/command.pb.h"
#include "linekeeper/v1/event.pb.h"
#include "publish/patience.hpp"

namespace linekeeper::worker {

/// An event on its way to a reader.
struct Event {
  std::string session_id;
  std::string id;  ///< Its ce_id: the same each time it is published.
  std::variant<v1::ConnectionEvent, v1::MessageEvent> body;
  std::string traceparent;
  std::shared_ptr<Patience> patience;  ///< None: whoever publishes it waits for ever.
};

/// Writes events to Kafka as CloudEvents. Any thread; each call continues on the caller's executor.
class EventPublisher {
 public:
  enum class Format { protobuf, json };

  /// The producer outlives it. `source` names this worker: /linekeeper/<worker-id>.
  EventPublisher(kafka::Producer& producer, kafka::Topics topics, Format format, std::string source,
                 telemetry::Log& log, telemetry::Metrics& metrics);

  /// Returns when Kafka has it. What passes is repeated until then; what Kafka refuses for good is replaced by a stub
  /// that says so. Error: `cancelled` after `stop`, or once the event's patience has ended.
  awaitable<Result<void>> publish(Event event);

  /// The same without an answer: for what the next status repeats anyway.
  void post(const Event& event);

  /// Writes a line command of ours for another session, for whoever runs it. Returns when Kafka has it. Errors:
  /// `cancelled` after `stop` or once `patience` has ended, `kafka_refused`.
  awaitable<Result<void>> command(v1::LineCommand command, std::shared_ptr<Patience> patience);

  /// Calls that still wait return soon.
  void stop() noexcept { stopped_ = true; }

 private:
  kafka::OutgoingRecord record_of(const Event& event) const;
  awaitable<kafka::Delivery> deliver(kafka::OutgoingRecord record, std::shared_ptr<Patience> patience);

  kafka::Producer& producer_;
  kafka::Topics topics_;
  Format format_;
  std::string source_;
  telemetry::Log& log_;
  telemetry::Counter published_;
  telemetry::Counter refused_;
  std::atomic<bool> stopped_{false};
};

/// An event that Kafka refused, without its content: who, what, and the reason.
Event stub_of(const Event& event);

/// A stable id made of what an event is about.
std::string event_id(std::initializer_list<std::string_view> parts);

}  // namespace linekeeper::worker
