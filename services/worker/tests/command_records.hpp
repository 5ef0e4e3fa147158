#pragma once

#include <string>
#include <string_view>

#include "command/decode.hpp"

namespace linekeeper::worker {

/// A record of a command topic as Kafka hands it over.
inline kafka::Record record_of(std::string_view payload, kafka::Headers headers = {}) {
  kafka::Record record;
  record.topic = "linekeeper.commands.send";
  record.ticket = {2, 7, 42, 1, payload.size()};
  record.timestamp_ms = 1'790'000'000'123;
  record.timestamp_type = kafka::TimestampType::log_append;
  record.payload = to_bytes(payload);
  record.headers = std::move(headers);
  return record;
}

inline kafka::Record json_record(std::string_view payload) {
  return record_of(payload, {{"content-type", "application/json"}});
}

inline kafka::Record proto_record(const google::protobuf::MessageLite& message) {
  return record_of(message.SerializeAsString());
}

}  // namespace linekeeper::worker
