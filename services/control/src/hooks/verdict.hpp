#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "hooks/delivery_queue.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/http/message.hpp"

namespace linekeeper::control {

/// What an answer to a delivery means.
struct Verdict {
  std::optional<DeliveryQueue::Failure> failure;  ///< Nothing: delivered.
  std::optional<std::chrono::milliseconds> retry_after;
  std::string detail;  ///< For people: the status, or what went wrong with the connection. No secret in it.
};

/// Delivered: 2xx. Away: no connection, no certificate that verifies, no answer in time, 408, 425, 429, 5xx. Everything
/// else, redirects too, is a refusal of this event.
Verdict verdict_of(const Result<http::Response>& answer, std::chrono::system_clock::time_point now);

}  // namespace linekeeper::control
