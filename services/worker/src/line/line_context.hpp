#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "line/line_settings.hpp"
#include "linekeeper/auth/key_ring.hpp"
#include "linekeeper/auth/number_claim.hpp"
#include "linekeeper/auth/state_version_guard.hpp"
#include "linekeeper/kafka/record.hpp"
#include "linekeeper/redis/connection.hpp"
#include "linekeeper/session/line_settings.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "loop/admission.hpp"
#include "loop/connect_pace.hpp"
#include "loop/lease_keeper.hpp"
#include "loop/lease_seeker.hpp"
#include "loop/login_watch.hpp"
#include "loop/store_watch.hpp"
#include "publish/event_publisher.hpp"
#include "worker_metrics.hpp"

namespace linekeeper::worker {

/// What this process has seen of each line's state version; outlives leases and lines.
using StateGuards = std::map<std::string, auth::StateVersionGuard, std::less<>>;

/// What all lines of one loop share. Outlives them.
struct LineContext {
  boost::asio::any_io_executor executor;
  redis::Connection& redis;
  LeaseKeeper& leases;
  LeaseSeeker& seeker;
  Admission& admission;
  StoreWatch& store;
  EventPublisher& events;
  ConnectPace& pace;
  LoginWatch& logins;
  const LineRules& rules;
  const transport::LineSettings& wire;
  std::shared_ptr<const auth::KeyRing> ring;
  std::function<void(const kafka::Ticket&)> finish;  ///< The offset of this record may advance.
  telemetry::Log& log;
  WorkerMetrics& metrics;
  StateGuards& guards;
};

}  // namespace linekeeper::worker
