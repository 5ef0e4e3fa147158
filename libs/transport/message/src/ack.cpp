#include "linekeeper/message/ack.hpp"

#include <limits>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::transport::message {
namespace {

bool is_acknowledged(std::string_view tag) noexcept {
  return tag == "message" || tag == "receipt" || tag == "notification" || tag == "call" || tag == "status";
}

void copy(const Node& from, Node& to, std::string_view key) {
  if (const Value* value = from.find(key)) to.with(key, *value);
}

bool is_identity_change(const Node& stanza) {
  return stanza.tag == "notification" && stanza.attr_is("type", "encrypt") && stanza.child("identity") != nullptr;
}

}  // namespace

std::optional<Node> ack_of(const Node& stanza, const Jid& own, std::optional<Nack> refusal) {
  const Value* id = stanza.find("id");
  const Value* from = stanza.find("from");
  if (!is_acknowledged(stanza.tag) || id == nullptr || from == nullptr) return std::nullopt;

  Node ack = Node("ack").with("class", stanza.tag).with("id", *id).with("to", *from);
  const Value* participant = stanza.find("participant");
  const bool repeated = stanza.tag == "receipt" && participant != nullptr && printed(*participant) == printed(*from);
  if (!repeated) copy(stanza, ack, "participant");
  copy(stanza, ack, "recipient");
  // Never an invented type, and none for messages: a wrong one closes the stream.
  if (stanza.tag != "message" && !is_identity_change(stanza)) copy(stanza, ack, "type");
  if (stanza.tag == "message") ack.with("from", own);
  if (refusal) ack.with("error", static_cast<std::uint16_t>(*refusal));
  return ack;
}

Result<MessageAck> parse_message_ack(const Node& ack) {
  MessageAck out;
  out.id = ack.attr("id").value_or("");
  if (ack.tag != "ack" || !ack.attr_is("class", "message") || out.id.empty()) return Errc::malformed_message;
  out.from = ack.jid("from");
  out.time = ack.number("t");
  out.phash = ack.attr("phash");
  out.refresh_lid = ack.has("refresh_lid") && !ack.attr_is("refresh_lid", "false");
  if (ack.has("error")) {
    const auto code = ack.number("error");
    if (!code || *code > std::numeric_limits<std::uint32_t>::max()) return Errc::malformed_message;
    out.error = static_cast<std::uint32_t>(*code);
  }
  return out;
}

}  // namespace linekeeper::transport::message
