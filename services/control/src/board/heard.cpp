#include "board/heard.hpp"

#include <google/protobuf/util/json_util.h>

namespace linekeeper::control {
namespace {

template <typename Message>
Heard parse(const kafka::Record& record) {
  const auto type = kafka::find_header(record.headers, "content-type");
  Message message;
  bool parsed = false;
  if (type && type->starts_with("application/json")) {
    google::protobuf::util::JsonParseOptions options;
    options.ignore_unknown_fields = true;  // Workers may be newer than we are.
    parsed = google::protobuf::util::JsonStringToMessage(to_text(record.payload), &message, options).ok();
  } else {
    parsed = message.ParseFromArray(record.payload.data(), static_cast<int>(record.payload.size()));
  }
  if (!parsed || message.session_id().empty()) return {};
  return message;
}

Heard parse_rejected(const kafka::Record& record) {
  v1::RejectedCommand message;
  if (!message.ParseFromArray(record.payload.data(), static_cast<int>(record.payload.size()))) return {};
  Rejected rejected;
  rejected.session_id = message.session_id();
  rejected.command_id = std::string(kafka::find_header(record.headers, "command-id").value_or(""));
  rejected.error = message.error();
  if (rejected.session_id.empty() || rejected.command_id.empty()) return {};
  return rejected;
}

}  // namespace

Heard hear(const kafka::Record& record) {
  if (record.tombstone) return {};
  switch (static_cast<Source>(record.ticket.topic)) {
    case Source::connection: return parse<v1::ConnectionEvent>(record);
    case Source::message: return parse<v1::MessageEvent>(record);
    case Source::rejected: return parse_rejected(record);
  }
  return {};
}

}  // namespace linekeeper::control
