#include "linekeeper/message/envelope.hpp"

#include <algorithm>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/node/utf8.hpp"

namespace linekeeper::transport::message {
namespace {

/// Hosted devices are written under their user's ordinary kind of address.
Jid normal(const Jid& jid) {
  return jid.account().with_device(jid.device);
}

/// The first of these attributes that is a person's address of the other kind than `than`, on the same device.
std::optional<Jid> alternative(const Node& stanza, const Jid& than, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    auto jid = stanza.jid(key);
    if (!jid || !jid->is_user() || jid->is_lid() == than.is_lid()) continue;
    if (jid->device == 0) jid->device = than.device;
    return normal(*jid);
  }
  return std::nullopt;
}

Cipher cipher_of(const Node& enc) {
  if (!enc.attr_is("v", "2")) return Cipher::other;
  if (enc.attr_is("type", "pkmsg")) return Cipher::prekey;
  if (enc.attr_is("type", "msg")) return Cipher::session;
  if (enc.attr_is("type", "skmsg")) return Cipher::sender_key;
  return Cipher::other;
}

Sealed sealed_in(const Node& enc) {
  const auto count = enc.number("count").value_or(0);
  return {cipher_of(enc), enc.bytes(), static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX))};
}

/// Some stanzas carry one `<to>` for each device; only this device's is ours to open.
void collect_addressed(const Node& participants, const OwnAddresses& own, std::vector<Sealed>& out) {
  for (const Node& to : participants.children()) {
    const auto jid = to.jid("jid");
    if (to.tag != "to" || !jid || !own.is_self(*jid) || jid->device != own.pn.device) continue;
    for (const Node& enc : to.children()) {
      if (enc.tag == "enc") out.push_back(sealed_in(enc));
    }
  }
}

void collect_sealed(const Node& stanza, const OwnAddresses& own, Envelope& out) {
  for (const Node& child : stanza.children()) {
    if (child.tag == "enc") out.sealed.push_back(sealed_in(child));
    if (child.tag == "participants") collect_addressed(child, own, out.sealed);
    if (child.tag == "unavailable") out.unavailable = child.attr("type").value_or("");
    if (child.tag == "device-identity") out.device_identity = child.bytes();
  }
  // The key to a group message usually travels beside it, so it has to be opened first.
  std::stable_partition(out.sealed.begin(), out.sealed.end(),
                        [](const Sealed& s) { return s.cipher != Cipher::sender_key; });
}

Result<void> address_with_participant(const Node& stanza, Envelope& out) {
  const auto participant = stanza.jid("participant");
  if (!participant || !participant->is_user()) return Errc::malformed_message;
  out.chat = out.from.bare();
  out.sender = normal(*participant);
  out.sender_alternative =
      alternative(stanza, out.sender, {"participant_lid", "participant_pn", "sender_lid", "sender_pn"});
  return ok();
}

Result<void> address_person(const Node& stanza, const OwnAddresses& own, Envelope& out) {
  if (!out.from.is_user() && out.from.server != Server::bot) return Errc::malformed_message;
  out.sender = normal(out.from);
  out.sender_alternative = alternative(stanza, out.sender, {"sender_lid", "sender_pn"});
  out.chat = out.sender.bare();
  if (!own.is_self(out.from)) {
    out.kind = MessageKind::direct;
    return ok();
  }
  if (out.category == "peer") {
    out.kind = MessageKind::peer;
    return ok();
  }
  // Only the own account may say that a message belongs to another chat.
  out.kind = MessageKind::own_device;
  if (out.recipient) {
    out.chat = out.recipient->account();
    out.chat_alternative =
        alternative(stanza, out.chat, {"peer_recipient_lid", "peer_recipient_pn", "recipient_lid", "recipient_pn"});
    if (out.chat_alternative) out.chat_alternative->device = 0;
  }
  return ok();
}

}  // namespace

bool OwnAddresses::is_self(const Jid& jid) const {
  const Jid account = jid.account();
  return account == pn.account() || (lid && account == lid->account());
}

Result<Envelope> parse_envelope(const Node& stanza, const OwnAddresses& own) {
  auto from = stanza.jid("from");
  auto id = stanza.attr("id");
  if (stanza.tag != "message" || !from || from->is_server() || !id || id->empty()) return Errc::malformed_message;
  Envelope out;
  out.id = std::move(*id);
  out.from = std::move(*from);
  if (stanza.has("recipient")) {
    out.recipient = stanza.jid("recipient");
    if (!out.recipient || out.recipient->is_server()) return Errc::malformed_message;
  }
  out.time = stanza.number("t").value_or(0);
  out.type = stanza.attr("type").value_or("");
  out.category = stanza.attr("category").value_or("");
  out.edit = stanza.attr("edit").value_or("");
  out.push_name = scrub_utf8(stanza.attr("notify").value_or(""));
  out.addressing_mode = stanza.attr("addressing_mode").value_or("");
  out.offline = stanza.has("offline");

  switch (out.from.server) {
    case Server::group:
      out.kind = MessageKind::group;
      LK_CHECK(address_with_participant(stanza, out));
      break;
    case Server::broadcast:
      out.kind = MessageKind::broadcast;
      LK_CHECK(address_with_participant(stanza, out));
      break;
    case Server::newsletter:
      out.kind = MessageKind::newsletter;
      out.chat = out.sender = out.from;
      break;
    default: LK_CHECK(address_person(stanza, own, out)); break;
  }
  collect_sealed(stanza, own, out);
  return out;
}

}  // namespace linekeeper::transport::message
