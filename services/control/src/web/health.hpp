#pragma once

#include <string>

#include "board/event_feed.hpp"
#include "linekeeper/http/message.hpp"
#include "linekeeper/net/awaitable.hpp"
#include "linekeeper/redis/connection.hpp"
#include "linekeeper/telemetry/metrics.hpp"

namespace linekeeper::control {

/// Whether calls can be answered.
struct Health {
  const EventFeed& feed;
  const redis::Connection& redis;

  /// Empty: all is well.
  std::string trouble() const;
};

/// GET /healthz, /readyz, /health and /metrics; 404 for anything else.
awaitable<http::Response> answer_health(http::Request request, const Health& health, telemetry::Metrics& metrics);

}  // namespace linekeeper::control
