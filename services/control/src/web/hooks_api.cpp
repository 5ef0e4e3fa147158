// How webhooks fare, in the shape that clients of older gateways know, with each endpoint besides.

#include <nlohmann/json.hpp>

#include "access/permission.hpp"
#include "linekeeper/kafka/cloud_event.hpp"
#include "web/gateway.hpp"
#include "web/json.hpp"

namespace linekeeper::control {
namespace {

using json = nlohmann::json;

json moment(const std::optional<std::chrono::system_clock::time_point>& time) {
  return time ? json(kafka::rfc3339(*time)) : json();
}

json one(const HookStats& stats) {
  return {{"id", stats.id},
          {"url", stats.origin},
          {"state", stats.away ? "away" : "ok"},
          {"delivered", stats.delivered},
          {"failed", stats.failed},
          {"parked", stats.parked},
          {"pending", stats.waiting + stats.in_flight},
          {"lastDeliveredAt", moment(stats.last_delivered)},
          {"lastFailedAt", moment(stats.last_failed)},
          {"lastError", stats.last_error.empty() ? json() : json(stats.last_error)}};
}

}  // namespace

http::Response Gateway::webhook_stats(const WebRequest& request) const {
  const auto denied = refusal(request.call.caller, Role::read);
  audit_.counted("WebhookStats", denied);
  if (denied) return error_response(*denied);
  json endpoints = json::array();
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;
  std::uint64_t parked = 0;
  std::size_t pending = 0;
  for (const HookStats& stats : hook_stats_()) {
    // Who may see some sessions only sees the endpoints for those.
    if (!request.call.caller.sees(stats.session_prefix)) continue;
    endpoints.push_back(one(stats));
    delivered += stats.delivered;
    failed += stats.failed;
    parked += stats.parked;
    pending += stats.waiting + stats.in_flight;
  }
  const std::uint64_t attempts = delivered + failed;
  const json body = {{"delivered", delivered},
                     {"failed", failed},
                     {"parked", parked},
                     {"pending", pending},
                     {"failureRate", attempts == 0 ? 0.0 : double(failed) / double(attempts)},
                     {"endpoints", std::move(endpoints)}};
  return http::Response::json(200, body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
}

}  // namespace linekeeper::control
