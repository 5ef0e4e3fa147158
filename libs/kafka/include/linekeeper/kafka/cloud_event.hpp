#pragma once

#include <chrono>
#include <string>

#include "linekeeper/kafka/record.hpp"

namespace linekeeper::kafka {

/// The attributes of a CloudEvents 1.0 event in Kafka's binary content mode.
struct CloudEvent {
  std::string id;       ///< Stable: readers deduplicate by it.
  std::string type;     ///< E.g. linekeeper.v1.ConnectionEvent
  std::string source;   ///< E.g. /linekeeper/worker-7
  std::string subject;  ///< The session id.
  std::chrono::system_clock::time_point time;
  std::string content_type;  ///< application/protobuf or application/json
  std::string traceparent;   ///< Empty: none.
};

/// ce_specversion, ce_id, ce_type, ce_source, ce_subject, ce_time, content-type, and traceparent if there is one.
Headers cloud_event_headers(const CloudEvent& event);

/// RFC 3339 in UTC with milliseconds: 2026-01-31T23:59:59.123Z
std::string rfc3339(std::chrono::system_clock::time_point time);

}  // namespace linekeeper::kafka
