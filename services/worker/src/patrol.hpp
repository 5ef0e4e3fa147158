#pragma once

#include <chrono>
#include <set>
#include <string>

#include "health.hpp"
#include "linekeeper/kafka/admin.hpp"
#include "linekeeper/kafka/consumer.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "linekeeper/telemetry/metrics.hpp"
#include "loop/login_watch.hpp"

namespace linekeeper::worker {

/// Looks after the worker's place in its group: leaves it for a while when no line can log in from here, and names
/// members that are no workers. Threads: one that may block; everything it refers to outlives it.
class Patrol {
 public:
  /// `client_id`: of every worker of this fleet.
  Patrol(kafka::Admin admin, std::string client_id, std::string group_id, std::string lead_topic,
         kafka::Consumer& consumer, LoginWatch& logins, Health& health, telemetry::Log& log,
         telemetry::Metrics& metrics);

  /// About once a second.
  void check();

 private:
  using Clock = std::chrono::steady_clock;

  void keep_place(Clock::time_point now);
  void name_foreigners(Clock::time_point now);
  bool others_present() const;

  kafka::Admin admin_;
  std::string client_id_;
  std::string group_id_;
  std::string lead_topic_;
  kafka::Consumer& consumer_;
  LoginWatch& logins_;
  Health& health_;
  telemetry::Log& log_;
  telemetry::Gauge foreigners_;
  telemetry::Gauge aside_;
  Clock::time_point look_at_{};
  std::set<std::string> named_;
};

}  // namespace linekeeper::worker
