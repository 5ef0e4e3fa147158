#include "linekeeper/kafka/cloud_event.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace linekeeper::kafka {

std::string rfc3339(std::chrono::system_clock::time_point time) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(ms);
  const auto count = static_cast<std::time_t>(seconds.count());
  std::tm utc{};
  gmtime_r(&count, &utc);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>((ms - seconds).count()));
  return text.data();
}

Headers cloud_event_headers(const CloudEvent& event) {
  Headers headers = {
      {"ce_specversion", "1.0"},           {"ce_id", event.id},           {"ce_type", event.type},
      {"ce_source", event.source},         {"ce_subject", event.subject}, {"ce_time", rfc3339(event.time)},
      {"content-type", event.content_type}};
  if (!event.traceparent.empty()) headers.push_back({"traceparent", event.traceparent});
  return headers;
}

}  // namespace linekeeper::kafka
