#include "hooks/hook_event.hpp"

#include <google/protobuf/util/json_util.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "board/heard.hpp"
#include "linekeeper/crypto/hash.hpp"

namespace linekeeper::control {
namespace {

constexpr std::string_view kConnectionType = "linekeeper.v1.ConnectionEvent";
constexpr std::string_view kMessageType = "linekeeper.v1.MessageEvent";

std::string json_of(const google::protobuf::Message& message) {
  std::string text;
  // Our own messages always print: their strings are UTF-8 by construction.
  (void)google::protobuf::util::MessageToJsonString(message, &text);
  return text;
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string header_of(const kafka::Record& record, std::string_view name) {
  return std::string(kafka::find_header(record.headers, name).value_or(""));
}

void fill_attributes(HookEvent& event, const kafka::Record& record) {
  event.id = header_of(record, "ce_id");
  event.source = header_of(record, "ce_source");
  event.time = header_of(record, "ce_time");
  event.traceparent = header_of(record, "traceparent");
  event.origin = record.id();
  event.timestamp_ms = record.timestamp_ms;
  // Whoever wrote it gave it no name: its place is one.
  if (event.id.empty())
    event.id =
        record.topic + "/" + std::to_string(record.ticket.partition) + "/" + std::to_string(record.ticket.offset);
}

std::optional<HookEvent> event_of(const Heard& heard, bool pairing) {
  HookEvent event;
  if (const auto* connection = std::get_if<v1::ConnectionEvent>(&heard)) {
    event.kind = HookEvent::Kind::connection;
    event.type = kConnectionType;
    event.session = connection->session_id();
    event.repeated = connection->repeated();
    if (!pairing && (connection->has_qr() || connection->has_code())) {
      v1::ConnectionEvent bare = *connection;
      bare.clear_qr();
      bare.clear_code();
      event.data = json_of(bare);
    } else {
      event.data = json_of(*connection);
    }
    return event;
  }
  if (const auto* message = std::get_if<v1::MessageEvent>(&heard)) {
    event.kind = message->has_outbound() ? HookEvent::Kind::outbound : HookEvent::Kind::inbound;
    event.type = kMessageType;
    event.session = message->session_id();
    event.data = json_of(*message);
    return event;
  }
  return std::nullopt;
}

/// Takes the QR or code out of a connection event's JSON.
std::string without_pairing(const HookEvent& event) {
  if (event.kind != HookEvent::Kind::connection) return event.data;
  v1::ConnectionEvent parsed;
  if (!google::protobuf::util::JsonStringToMessage(event.data, &parsed).ok()) return "{}";
  parsed.clear_qr();
  parsed.clear_code();
  return json_of(parsed);
}

/// `v1=<hex>` for each secret: a receiver takes the request if one of them is right.
std::string signature_of(const Hook& hook, const std::string& timestamp, const std::string& body) {
  std::string signatures;
  for (const auto& secret : hook.secrets) {
    crypto::HmacSha256 hmac(as_bytes(secret.reveal()));
    hmac.update(as_bytes(timestamp)).update(as_bytes(".")).update(as_bytes(body));
    signatures += (signatures.empty() ? "v1=" : ",v1=") + to_hex(hmac.finish());
  }
  return signatures;
}

/// A header's value: what is not printable ASCII is percent-encoded, as CloudEvents do over HTTP.
std::string header_safe(const std::string& text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '%' && c != '"') {
      out += c;
    } else {
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return out;
}

template <typename Number>
Number number_of(const kafka::Record& record, std::string_view name) {
  Number number = 0;
  const std::string text = header_of(record, name);
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::optional<HookEvent> hook_event_of(const kafka::Record& record, bool pairing) {
  auto event = event_of(hear(record), pairing);
  if (event) fill_attributes(*event, record);
  return event;
}

bool wants(const Hook& hook, const HookEvent& event) {
  if (!event.session.starts_with(hook.session_prefix)) return false;
  if (event.repeated && !hook.repeated) return false;
  if (hook.since && event.timestamp_ms != 0 &&
      std::chrono::system_clock::time_point(std::chrono::milliseconds(event.timestamp_ms)) < *hook.since)
    return false;
  switch (event.kind) {
    case HookEvent::Kind::connection: return hook.connection;
    case HookEvent::Kind::inbound: return hook.inbound;
    case HookEvent::Kind::outbound: return hook.outbound;
  }
  return false;
}

http::Request request_of(const Hook& hook, const HookEvent& event, std::int64_t now) {
  http::Request request;
  request.method = "POST";
  request.body = R"({"specversion":"1.0","id":)" + quoted(event.id) + R"(,"type":)" + quoted(event.type) +
                 R"(,"source":)" + quoted(event.source) + R"(,"subject":)" + quoted(event.session);
  if (!event.time.empty()) request.body += R"(,"time":)" + quoted(event.time);
  if (!event.traceparent.empty()) request.body += R"(,"traceparent":)" + quoted(event.traceparent);
  request.body += R"(,"datacontenttype":"application/json","data":)" + event.data + "}";
  const std::string timestamp = std::to_string(now);
  request.headers = {{"Content-Type", "application/cloudevents+json"},
                     {"Linekeeper-Event-Id", header_safe(event.id)},
                     {"Linekeeper-Timestamp", timestamp},
                     {"Linekeeper-Signature", signature_of(hook, timestamp, request.body)}};
  if (!event.traceparent.empty()) request.headers.push_back({"traceparent", header_safe(event.traceparent)});
  request.headers.insert(request.headers.end(), hook.headers.begin(), hook.headers.end());
  return request;
}

kafka::OutgoingRecord record_of(const std::string& topic, Parked parked) {
  HookEvent& event = parked.event;
  kafka::OutgoingRecord record;
  record.topic = topic;
  record.key = event.session;
  record.payload = to_bytes(without_pairing(event));
  record.headers = {{"ce_specversion", "1.0"},
                    {"ce_id", event.id},
                    {"ce_type", event.type},
                    {"ce_source", event.source},
                    {"ce_subject", event.session},
                    {"ce_time", event.time},
                    {"content-type", "application/json"},
                    {"webhook-endpoint", std::move(parked.endpoint)},
                    {"webhook-reason", std::move(parked.reason)},
                    {"webhook-detail", std::move(parked.detail)},
                    {"webhook-attempts", std::to_string(parked.attempts)},
                    {"origin-topic", event.origin.topic},
                    {"origin-partition", std::to_string(event.origin.partition)},
                    {"origin-offset", std::to_string(event.origin.offset)},
                    {"origin-timestamp", std::to_string(event.timestamp_ms)}};
  if (!event.traceparent.empty()) record.headers.push_back({"traceparent", event.traceparent});
  return record;
}

std::optional<Parked> parked_of(const kafka::Record& record) {
  const std::string type = header_of(record, "ce_type");
  if (type != kConnectionType && type != kMessageType) return std::nullopt;
  kafka::Record as_event = record;
  as_event.ticket.topic = static_cast<std::uint16_t>(type == kConnectionType ? Source::connection : Source::message);
  auto event = event_of(hear(as_event), false);
  if (!event) return std::nullopt;
  fill_attributes(*event, record);
  event->origin = {header_of(record, "origin-topic"), number_of<std::int32_t>(record, "origin-partition"),
                   number_of<std::int64_t>(record, "origin-offset")};
  event->timestamp_ms = number_of<std::int64_t>(record, "origin-timestamp");
  Parked parked;
  parked.endpoint = header_of(record, "webhook-endpoint");
  parked.reason = header_of(record, "webhook-reason");
  parked.detail = header_of(record, "webhook-detail");
  parked.attempts = number_of<unsigned>(record, "webhook-attempts");
  parked.event = std::move(*event);
  if (parked.endpoint.empty()) return std::nullopt;
  return parked;
}

}  // namespace linekeeper::control
