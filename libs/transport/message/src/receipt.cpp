#include "linekeeper/message/receipt.hpp"

#include <array>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::transport::message {
namespace {

struct Name {
  std::string_view text;
  ReceiptType type;
};

constexpr std::array<Name, 10> kNames = {{
    {"inactive", ReceiptType::inactive},
    {"read", ReceiptType::read},
    {"played", ReceiptType::played},
    {"sender", ReceiptType::sender},
    {"read-self", ReceiptType::read_self},
    {"played-self", ReceiptType::played_self},
    {"retry", ReceiptType::retry},
    {"server-error", ReceiptType::server_error},
    {"peer_msg", ReceiptType::peer_msg},
    {"hist_sync", ReceiptType::hist_sync},
}};

ReceiptType type_of(const Node& stanza) {
  if (!stanza.has("type")) return ReceiptType::delivered;
  for (const Name& name : kNames) {
    if (stanza.attr_is("type", name.text)) return name.type;
  }
  return ReceiptType::other;
}

bool grouped_entries(const Node& participants, std::vector<ReceiptEntry>& out) {
  const auto id = participants.attr("key");
  if (!id || id->empty()) return false;
  for (const Node& user : participants.children()) {
    auto jid = user.jid("jid");
    if (user.tag != "user" || !jid) return false;
    out.push_back({*id, std::move(*jid), user.number("t")});
  }
  return true;
}

/// The member's address of the other kind.
std::optional<Jid> alternative_of(const Node& stanza, const Jid& participant) {
  for (const char* key : {"participant_lid", "participant_pn"}) {
    auto jid = stanza.jid(key);
    if (!jid || !jid->is_user() || !participant.is_user() || jid->is_lid() == participant.is_lid()) continue;
    return jid->account().with_device(participant.device);
  }
  return std::nullopt;
}

bool listed_entries(const Node& stanza, const Jid& by, std::vector<ReceiptEntry>& out) {
  const auto time = stanza.number("t");
  const auto first = stanza.attr("id");
  if (!first || first->empty()) return false;
  out.push_back({*first, by, time});
  const Node* list = stanza.child("list");
  if (list == nullptr) return true;
  for (const Node& item : list->children()) {
    auto id = item.attr("id");
    if (item.tag != "item" || !id || id->empty()) return false;
    out.push_back({std::move(*id), by, time});
  }
  return true;
}

}  // namespace

std::optional<Node> delivery_receipt(const Node& message, bool active) {
  const Value* id = message.find("id");
  const Value* from = message.find("from");
  if (id == nullptr || from == nullptr) return std::nullopt;
  Node receipt = Node("receipt").with("id", *id).with("to", *from);
  if (!active) receipt.with("type", "inactive");
  if (const Value* participant = message.find("participant")) receipt.with("participant", *participant);
  return receipt;
}

std::optional<Node> sender_receipt(const Node& message) {
  const Value* id = message.find("id");
  const Value* from = message.find("from");
  const auto recipient = message.jid("recipient");
  if (id == nullptr || from == nullptr || !recipient) return std::nullopt;
  return Node("receipt").with("id", *id).with("type", "sender").with("to", *from).with("recipient", recipient->bare());
}

Node peer_receipt(std::string_view message_id, const Jid& own) {
  return Node("receipt").with("id", message_id).with("type", "peer_msg").with("to", own.bare());
}

Node history_receipt(std::string_view message_id, const Jid& own) {
  return Node("receipt").with("id", message_id).with("type", "hist_sync").with("to", own.bare());
}

Node read_receipt(const Jid& chat, const std::optional<Jid>& author, std::span<const std::string> message_ids,
                  std::uint64_t time, bool hidden) {
  Node receipt = Node("receipt")
                     .with("id", message_ids.front())
                     .with("type", hidden ? "read-self" : "read")
                     .with("to", chat)
                     .with("t", time);
  if (author) receipt.with("participant", author->bare());
  if (message_ids.size() > 1) {
    Node list("list");
    for (const std::string& id : message_ids.subspan(1))
      list.add(Node("item").with("id", id));
    receipt.add(std::move(list));
  }
  return receipt;
}

Result<Receipt> parse_receipt(const Node& stanza) {
  auto from = stanza.jid("from");
  if (stanza.tag != "receipt" || !from) return Errc::malformed_message;
  Receipt out;
  out.id = stanza.attr("id").value_or("");
  out.from = std::move(*from);
  out.recipient = stanza.jid("recipient");
  out.type = type_of(stanza);
  out.offline = stanza.has("offline");

  bool grouped = false;
  for (const Node& child : stanza.children()) {
    if (child.tag != "participants") continue;
    grouped = true;
    if (!grouped_entries(child, out.entries)) return Errc::malformed_message;
  }
  if (!grouped) {
    const auto participant = stanza.jid("participant");
    if (stanza.has("participant") && !participant) return Errc::malformed_message;
    if (participant) out.participant_alternative = alternative_of(stanza, *participant);
    if (!listed_entries(stanza, participant.value_or(out.from), out.entries)) return Errc::malformed_message;
  }
  if (out.entries.empty()) return Errc::malformed_message;
  return out;
}

}  // namespace linekeeper::transport::message
