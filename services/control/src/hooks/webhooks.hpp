#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "hooks/courier.hpp"
#include "hooks/hook.hpp"
#include "linekeeper/kafka/connection.hpp"
#include "linekeeper/kafka/producer.hpp"
#include "linekeeper/kafka/topics.hpp"
#include "linekeeper/settings/values.hpp"

namespace linekeeper::control {

/// What webhooks need that can be made before anything runs.
struct HookSetup {
  std::vector<Hook> hooks;  ///< None: there are no webhooks.
  std::string group;        ///< Each endpoint's consumer group is this, a dot and its id.
  Courier::Settings courier;
};
/// From the settings, or one sentence that says what to mend.
std::variant<HookSetup, std::string> hook_setup(const settings::Values& values, const kafka::Topics& topics);

/// Delivers events to all endpoints, on a thread of its own.
///
/// Each endpoint is a consumer group of its own, so that each has its own place in the topics: one that is slow or away
/// leaves its events in Kafka and nobody else waits. Replicas share the partitions of each group. An event's offset is
/// committed once that event, and all before it, are delivered or parked.
class Webhooks {
 public:
  /// Begins at once, also when no broker answers. All outlive it. Errors: one sentence.
  static std::variant<std::unique_ptr<Webhooks>, std::string> start(HookSetup setup, kafka::Connection connection,
                                                                    const kafka::Topics& topics,
                                                                    kafka::Producer& producer, telemetry::Log& log,
                                                                    telemetry::Metrics& metrics);
  /// Lets what is under way end for at most five seconds, commits and leaves the groups. Blocks for up to ten.
  ~Webhooks();
  Webhooks(const Webhooks&) = delete;
  Webhooks& operator=(const Webhooks&) = delete;

  /// Of each endpoint, in the order of the file. Any thread.
  std::vector<HookStats> stats() const;

 private:
  struct Impl;
  explicit Webhooks(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace linekeeper::control
