#include "envelope.hpp"

namespace linekeeper::transport {
namespace {

// Hosted devices speak for the ordinary account: sessions are kept under its address.
Jid unhosted(Jid jid) {
  if (jid.server == Server::hosted || jid.server == Server::legacy) jid.server = Server::pn;
  if (jid.server == Server::hosted_lid) jid.server = Server::lid;
  return jid;
}

std::optional<Jid> first_jid(const Node& node, std::initializer_list<std::string_view> keys) {
  for (const auto key : keys) {
    auto jid = node.jid(key);
    if (jid && jid->is_user()) return unhosted(*jid);
  }
  return std::nullopt;
}

}  // namespace

std::optional<LidPair> pair_of(const Jid& a, const Jid& b) {
  if (!a.is_user() || !b.is_user()) return std::nullopt;
  if (a.is_pn() && b.is_lid()) return LidPair{a.user, b.user};
  if (a.is_lid() && b.is_pn()) return LidPair{b.user, a.user};
  return std::nullopt;
}

std::optional<Envelope> read_envelope(const Node& message, const Self& self) {
  auto id = message.attr("id");
  auto from = message.jid("from");
  if (!id || id->empty() || !from) return std::nullopt;

  Envelope e;
  e.id = std::move(*id);
  e.from = *from;
  e.participant = message.jid("participant");
  e.recipient = message.jid("recipient");
  e.t = static_cast<std::int64_t>(message.number("t").value_or(0));
  e.push_name = message.attr("notify").value_or("");
  e.type = message.attr("type").value_or("");
  e.offline = message.has("offline");
  e.peer_category = message.attr_is("category", "peer");
  e.unavailable = message.child("unavailable") != nullptr && message.child("enc") == nullptr;

  const auto learn = [&e](const std::optional<Jid>& a, const std::optional<Jid>& b) {
    if (!a || !b) return;
    if (auto pair = pair_of(*a, *b)) e.pairs.push_back(std::move(*pair));
  };

  switch (from->server) {
    case Server::group:
    case Server::broadcast: {
      e.kind = from->server == Server::group ? Envelope::Kind::group : Envelope::Kind::broadcast;
      e.chat = *from;
      if (!e.participant || !e.participant->is_user()) {
        e.kind = Envelope::Kind::foreign;
        return e;
      }
      e.sender = unhosted(*e.participant);
      e.sender_alt = first_jid(message, {"participant_lid", "participant_pn"});
      break;
    }
    case Server::newsletter:
      e.kind = Envelope::Kind::newsletter;
      e.chat = *from;
      return e;
    default: {
      if (!from->is_user()) return e;
      e.sender = unhosted(*from);
      e.sender_alt = first_jid(message, {"sender_lid", "sender_pn"});
      if (!self.is_me(e.sender)) {
        e.kind = Envelope::Kind::direct;
        e.chat = e.sender.bare();
        break;
      }
      if (e.peer_category) {
        e.kind = Envelope::Kind::peer;
        e.chat = e.sender.bare();
        break;
      }
      e.kind = Envelope::Kind::own;
      e.chat = e.recipient ? unhosted(*e.recipient).bare() : e.sender.bare();
      learn(e.recipient,
            first_jid(message, {"peer_recipient_lid", "recipient_lid", "peer_recipient_pn", "recipient_pn"}));
      break;
    }
  }
  if (e.sender_alt) {
    // The alternative address is the same device: it may come without its number.
    e.sender_alt->device = e.sender.device;
    learn(e.sender, e.sender_alt);
  }
  return e;
}

}  // namespace linekeeper::transport
