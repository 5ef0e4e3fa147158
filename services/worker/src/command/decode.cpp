#include "command/decode.hpp"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "command/recipient.hpp"
#include "linekeeper/contract/id.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "linekeeper/pairing/link_code.hpp"

namespace linekeeper::worker {
namespace {

/// Any number may stand in a foreign timestamp: those that milliseconds cannot hold become the nearest that they can.
auth::UnixMs to_ms(const google::protobuf::Timestamp& time) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1000 - 1'000'000;
  return std::clamp(time.seconds(), -kMost, kMost) * 1000 + time.nanos() / 1'000'000;
}

bool is_json(const kafka::Headers& headers) {
  const auto type = kafka::find_header(headers, "content-type");
  return type && (*type == "application/json" || type->starts_with("application/json;"));
}

template <typename Message>
bool parse(const kafka::Record& record, Message& message) {
  if (!is_json(record.headers)) return message.ParseFromArray(record.payload.data(), int(record.payload.size()));
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // Producers may be newer than we are.
  return google::protobuf::util::JsonStringToMessage(to_text(record.payload), &message, options).ok();
}

template <typename Number>
bool take_number(std::string_view& text, Number& number) {
  const auto slash = text.rfind('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return false;
  text.remove_suffix(text.size() - slash);
  return true;
}

auth::CommandOrigin origin_of(const kafka::Record& record) {
  auth::CommandOrigin origin;
  origin.topic = record.topic;
  origin.partition = record.ticket.partition;
  origin.offset = record.ticket.offset;
  origin.timestamp_ms = record.timestamp_ms;
  const auto header = kafka::find_header(record.headers, kOriginHeader);
  if (!header) return origin;
  auth::CommandOrigin first;
  std::string_view rest = *header;
  if (!take_number(rest, first.timestamp_ms) || !take_number(rest, first.offset) || !take_number(rest, first.partition))
    return origin;
  first.topic = std::string(rest);
  return first;
}

Rejection check_send(const v1::SendCommand& send, const DecodeRules& rules) {
  Rejection none;
  none.code = v1::ERROR_CODE_UNSPECIFIED;
  const auto refuse = [&](v1::ErrorCode code, std::string detail = {}) {
    none.code = code;
    none.detail = std::move(detail);
    return none;
  };
  if (send.content_case() == v1::SendCommand::CONTENT_NOT_SET) return refuse(v1::EMPTY_CONTENT);
  if (send.content_case() != v1::SendCommand::kText) return refuse(v1::UNSUPPORTED_CONTENT);
  if (send.text().empty()) return refuse(v1::EMPTY_CONTENT);
  if (send.text().size() > rules.most_text) return refuse(v1::TEXT_TOO_LONG);
  const auto to = recipient_of(send.to(), rules.default_country);
  if (!to) return refuse(v1::INVALID_PHONE);
  if (!to->is_user()) return refuse(v1::UNSUPPORTED_CONTENT, "recipient_kind");
  return none;
}

template <typename Message>
std::variant<Command, Rejection> read(const kafka::Record& record, auth::CommandKind kind, const DecodeRules& rules) {
  Rejection rejection;
  Message message;
  if (!parse(record, message)) return rejection;
  if (!contract::is_valid_id(message.session_id())) {
    rejection.code = v1::MISSING_SESSION_ID;
    return rejection;
  }
  rejection.session_id = message.session_id();
  if (!message.command_id().empty() && !contract::is_valid_id(message.command_id())) {
    rejection.code = v1::INVALID_COMMAND_ID;
    return rejection;
  }
  Command command;
  command.session_id = message.session_id();
  command.head.kind = kind;
  command.head.digest = crypto::sha256(record.payload);
  command.head.origin = origin_of(record);
  command.head.command_id = message.command_id().empty()
                                ? auth::derive_command_id(command.head.origin, command.head.digest)
                                : message.command_id();
  rejection.command_id = command.head.command_id;
  if (message.has_not_after()) {
    command.head.not_after_ms = to_ms(message.not_after());
  }
  if constexpr (std::is_same_v<Message, v1::SendCommand>) {
    const Rejection wrong = check_send(message, rules);
    if (wrong.code != v1::ERROR_CODE_UNSPECIFIED) {
      rejection.code = wrong.code;
      rejection.detail = wrong.detail;
      return rejection;
    }
    // From here on every reader sees the same spelling.
    message.set_to(recipient_of(message.to(), rules.default_country)->str());
  }
  if constexpr (std::is_same_v<Message, v1::PairCommand>) {
    if (message.method() == v1::PAIR_METHOD_CODE || !message.phone_number().empty()) {
      const auto phone = recipient_of(message.phone_number(), rules.default_country);
      if (!phone || !phone->is_pn()) {
        rejection.code = v1::INVALID_PHONE;
        return rejection;
      }
      message.set_phone_number(phone->user);
    }
    if (message.method() == v1::PAIR_METHOD_CODE && !message.custom_code().empty() &&
        !transport::normalize_link_code(message.custom_code())) {
      rejection.code = v1::INVALID_PAIRING_CODE;
      return rejection;
    }
  }
  if (const auto parent = kafka::find_header(record.headers, "traceparent")) command.traceparent = std::string(*parent);
  command.ticket = record.ticket;
  command.body = std::move(message);
  return command;
}

}  // namespace

std::string origin_header(const auth::CommandOrigin& origin) {
  return origin.topic + "/" + std::to_string(origin.partition) + "/" + std::to_string(origin.offset) + "/" +
         std::to_string(origin.timestamp_ms);
}

std::variant<Command, Rejection> decode(const kafka::Record& record, auth::CommandKind kind, const DecodeRules& rules) {
  Rejection rejection;
  if (record.tombstone) return rejection;
  if (record.payload.size() > rules.most_record) {
    rejection.code = v1::COMMAND_TOO_LARGE;
    return rejection;
  }
  switch (kind) {
    case auth::CommandKind::pair: return read<v1::PairCommand>(record, kind, rules);
    case auth::CommandKind::reset: return read<v1::ResetCommand>(record, kind, rules);
    case auth::CommandKind::line: return read<v1::LineCommand>(record, kind, rules);
    case auth::CommandKind::send: return read<v1::SendCommand>(record, kind, rules);
  }
  return rejection;
}

}  // namespace linekeeper::worker
