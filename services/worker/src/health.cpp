#include "health.hpp"

namespace linekeeper::worker {

std::string Health::trouble() const {
  if (draining) return "The worker is draining.";
  const std::lock_guard lock(mutex_);
  for (const auto& [loop, trouble] : stores_)
    if (!trouble.empty()) return trouble;
  return aside_.empty() ? kafka_() : aside_;
}

bool Health::well() const {
  const std::lock_guard lock(mutex_);
  for (const auto& [loop, trouble] : stores_)
    if (!trouble.empty()) return false;
  return kafka_().empty();
}

awaitable<http::Response> answer(http::Request request, const Health& health, telemetry::Metrics& metrics) {
  if (request.method != "GET" && request.method != "HEAD") co_return http::Response::text(405, "GET only\n");
  if (request.path == "/healthz") co_return http::Response::text(200, "ok\n");
  if (request.path == "/readyz") {
    const std::string trouble = health.trouble();
    if (trouble.empty()) co_return http::Response::text(200, "ready\n");
    co_return http::Response::text(503, trouble + "\n");
  }
  if (request.path == "/metrics") {
    metrics.gauge("linekeeper_ready", "1 while /readyz says so.").set(health.trouble().empty() ? 1 : 0);
    http::Response response = http::Response::text(200, metrics.text());
    for (auto& [name, value] : response.headers)
      if (name == "Content-Type" || name == "content-type") value = telemetry::kMetricsContentType;
    co_return response;
  }
  co_return http::Response::text(404, "Try /healthz, /readyz or /metrics.\n");
}

}  // namespace linekeeper::worker
