#include "web/health.hpp"

namespace linekeeper::control {

std::string Health::trouble() const {
  if (!redis.connected()) return "Redis does not answer.";
  if (std::string denial = redis.denial(); !denial.empty()) return denial;
  if (const auto why = feed.trouble()) return why->message;
  return {};
}

awaitable<http::Response> answer_health(http::Request request, const Health& health, telemetry::Metrics& metrics) {
  if (request.method != "GET" && request.method != "HEAD") co_return http::Response::text(405, "GET only\n");
  if (request.path == "/healthz") co_return http::Response::text(200, "ok\n");
  if (request.path == "/readyz" || request.path == "/health") {
    const std::string trouble = health.trouble();
    if (request.path == "/health")
      co_return http::Response::json(trouble.empty() ? 200 : 503,
                                     trouble.empty() ? R"({"status":"ok"})" : R"({"status":"unavailable"})");
    if (trouble.empty()) co_return http::Response::text(200, "ready\n");
    co_return http::Response::text(503, trouble + "\n");
  }
  if (request.path == "/metrics") {
    metrics.gauge("linekeeper_ready", "1 while /readyz says so.").set(health.trouble().empty() ? 1 : 0);
    http::Response response = http::Response::text(200, metrics.text());
    for (auto& [name, value] : response.headers)
      if (net::equal_ignoring_case(name, "Content-Type")) value = telemetry::kMetricsContentType;
    co_return response;
  }
  co_return http::Response::text(404, "Try /healthz, /readyz, /health or /metrics.\n");
}

}  // namespace linekeeper::control
