#pragma once

#include <boost/asio/steady_timer.hpp>
#include <string>

#include "linekeeper/auth/lease_store.hpp"
#include "linekeeper/net/task_group.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "linekeeper/telemetry/metrics.hpp"
#include "loop/shared_name.hpp"
#include "loop/trouble_log.hpp"

namespace linekeeper::worker {

/// Notices that two running processes have the same worker id. Nothing breaks by it, since leases and marks name the
/// process; but events, logs and metrics of the two cannot be told apart. One for each worker. Threads: its loop's.
class NameWatch {
 public:
  NameWatch(boost::asio::any_io_executor executor, redis::Connection& redis, std::string worker_id, std::string holder,
            std::chrono::milliseconds ttl, telemetry::Log& log, telemetry::Metrics& metrics);

  void start();
  awaitable<void> stop();

 private:
  awaitable<void> run();

  std::string worker_id_;
  std::string holder_;
  std::chrono::milliseconds ttl_;
  auth::LeaseStore store_;
  telemetry::Log& log_;
  telemetry::Gauge shared_gauge_;
  SharedName name_;
  std::string other_;  ///< The holder that stood last.
  TroubleLog saying_;
  boost::asio::steady_timer timer_;
  net::TaskGroup tasks_;
  bool stopping_ = false;
};

}  // namespace linekeeper::worker
