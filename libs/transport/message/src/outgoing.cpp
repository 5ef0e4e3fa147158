#include "linekeeper/message/outgoing.hpp"

#include <algorithm>

namespace linekeeper::transport::message {
namespace {

Node enc_node(SealedCopy& copy, const Presentation& presentation) {
  Node enc = Node("enc").with("v", "2").with("type", copy.starts_session ? "pkmsg" : "msg");
  enc.with_optional("mediatype", presentation.mediatype);
  if (presentation.hide_failure) enc.with("decrypt-fail", "hide");
  enc.content = std::move(copy.ciphertext);
  return enc;
}

void add_identity(Node& stanza, bool needed, Bytes& identity) {
  if (needed && !identity.empty()) stanza.add(Node("device-identity").holding(std::move(identity)));
}

}  // namespace

Node to_stanza(DirectMessage message) {
  const bool starts = std::any_of(message.copies.begin(), message.copies.end(),
                                  [](const SealedCopy& copy) { return copy.starts_session; });
  std::vector<Node> addressed;
  addressed.reserve(message.copies.size());
  for (SealedCopy& copy : message.copies)
    addressed.push_back(Node("to").with("jid", copy.device).add(enc_node(copy, message.presentation)));

  Node stanza = Node("message")
                    .with("id", std::move(message.id))
                    .with("to", std::move(message.to))
                    .with("type", message.presentation.type)
                    .with_optional("edit", message.presentation.edit)
                    .with_optional("peer_recipient_pn", message.peer_recipient_pn)
                    .with_optional("device_fanout", message.only_these ? std::optional("false") : std::nullopt)
                    .add(Node("participants").add_all(std::move(addressed)));
  add_identity(stanza, starts, message.device_identity);
  if (!message.tctoken.empty()) stanza.add(Node("tctoken").holding(std::move(message.tctoken)));
  return stanza;
}

Node to_stanza(PeerMessage message) {
  Node stanza = Node("message")
                    .with("id", std::move(message.id))
                    .with("to", message.copy.device.bare())
                    .with("type", "text")
                    .with("category", "peer")
                    .with_optional("push_priority", message.push_priority);
  if (message.privacy_sensitive) stanza.with("privacy_sensitive", "1");
  stanza.add(Node("meta").with("appdata", "default"));
  stanza.add(enc_node(message.copy, {}));
  add_identity(stanza, message.copy.starts_session, message.device_identity);
  return stanza;
}

Node to_stanza(Resend message) {
  Node enc = enc_node(message.copy, message.presentation);
  enc.with("count", message.count);
  const bool direct = message.to.is_user();
  Node stanza = Node("message")
                    .with("id", std::move(message.id))
                    .with("to", std::move(message.to))
                    .with("type", message.presentation.type)
                    .with("t", message.original_time)
                    .with_optional("participant", message.participant)
                    .with_optional("recipient", message.recipient)
                    .with_optional("edit", message.presentation.edit);
  // Only this device: the server must not think of it as a copy for the whole account.
  if (direct) stanza.with("device_fanout", "false");
  stanza.with_optional("addressing_mode", message.addressing_mode);
  stanza.add(std::move(enc));
  add_identity(stanza, message.copy.starts_session, message.device_identity);
  return stanza;
}

}  // namespace linekeeper::transport::message
