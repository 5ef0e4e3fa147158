#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "hooks/delivery_queue.hpp"
#include "hooks/hook.hpp"
#include "linekeeper/http/message.hpp"
#include "linekeeper/kafka/producer.hpp"
#include "linekeeper/kafka/record.hpp"

namespace linekeeper::control {

/// An event as it is delivered: the attributes of its CloudEvent, and the event itself as JSON.
struct HookEvent {
  enum class Kind : std::uint8_t { connection, inbound, outbound };

  std::string id, type, source, session, time, traceparent;
  Kind kind = Kind::connection;
  bool repeated = false;
  std::string data;  ///< Protobuf's JSON mapping. With a QR or code in it only where `pairing` was asked for.
  kafka::RecordId origin;
  std::int64_t timestamp_ms = 0;
};

/// From a record of events.connection (`Source::connection`) or events.message; nothing if it does not parse.
std::optional<HookEvent> hook_event_of(const kafka::Record& record, bool pairing);

/// Whether this endpoint asked for it.
bool wants(const Hook& hook, const HookEvent& event);

/// The request that delivers it: a CloudEvent in structured mode, signed. `now` is Unix time in seconds.
http::Request request_of(const Hook& hook, const HookEvent& event, std::int64_t now);

/// An event that was put aside, with why.
struct Parked {
  std::string endpoint;
  HookEvent event;
  std::string reason;
  std::string detail;     ///< What the endpoint said last: `503`, `timed out`.
  unsigned attempts = 0;  ///< All in all.
};

/// The record of it. Never with a QR or code in it: they would outlive themselves there.
kafka::OutgoingRecord record_of(const std::string& topic, Parked parked);
/// Back from such a record; nothing if it is none.
std::optional<Parked> parked_of(const kafka::Record& record);

}  // namespace linekeeper::control
