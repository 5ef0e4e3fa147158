#pragma once

#include "linekeeper/telemetry/metrics.hpp"

namespace linekeeper::worker {

/// The worker's own metrics. Never a session id as label.
struct WorkerMetrics {
  explicit WorkerMetrics(telemetry::Metrics& metrics);

  telemetry::Metrics& registry;
  telemetry::Gauge lines_held;
  telemetry::Gauge lines_connected;
  telemetry::Gauge lines_without_room;
  telemetry::Counter rolled_back;
  telemetry::Counter messages_sent;
  telemetry::Counter messages_received;
  telemetry::Counter commands_done;
  telemetry::Counter commands_failed;
  telemetry::Counter sends_failed;
  telemetry::Histogram send_seconds;

  /// Why connections ended, by the reason's name.
  void ended(std::string_view why) const;
};

}  // namespace linekeeper::worker
