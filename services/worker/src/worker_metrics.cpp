#include "worker_metrics.hpp"

namespace linekeeper::worker {

WorkerMetrics::WorkerMetrics(telemetry::Metrics& metrics)
    : registry(metrics),
      lines_held(metrics.gauge("linekeeper_lines_held", "Lines whose lease this worker holds.")),
      lines_connected(metrics.gauge("linekeeper_lines_connected", "Lines that are connected and synced.")),
      lines_without_room(
          metrics.gauge("linekeeper_lines_without_room", "Lines whose writes wait because Redis is out of memory.")),
      rolled_back(metrics.counter("linekeeper_state_rolled_back_total", "Lines whose stored state went back in time.")),
      messages_sent(metrics.counter("linekeeper_messages_sent_total", "Messages the server accepted.")),
      messages_received(metrics.counter("linekeeper_messages_received_total", "Inbound messages committed.")),
      commands_done(metrics.counter("linekeeper_commands_total", "Commands ended.", {{"outcome", "done"}})),
      commands_failed(metrics.counter("linekeeper_commands_total", "Commands ended.", {{"outcome", "failed"}})),
      sends_failed(metrics.counter("linekeeper_sends_failed_total", "Send commands that ended as failed or unknown.")),
      send_seconds(metrics.histogram("linekeeper_send_seconds", "From reading a send command to the server's ack.",
                                     {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600})) {}

void WorkerMetrics::ended(std::string_view why) const {
  registry.counter("linekeeper_connections_ended_total", "Connections that ended.", {{"why", std::string(why)}}).add();
}

}  // namespace linekeeper::worker
