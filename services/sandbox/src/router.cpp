#include "router.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "group_mail.hpp"
#include "linekeeper/message/participant_hash.hpp"
#include "phone.hpp"

namespace linekeeper::sandbox {

namespace {

constexpr unsigned kUnknownRecipient = 404;
constexpr unsigned kNotAllowed = 405;
constexpr unsigned kNoToken = 463;
constexpr unsigned kMalformed = 479;

/// What travels along with the ciphertext, whoever it is for.
constexpr std::array<std::string_view, 6> kCopiedChildren{"device-identity", "meta",    "biz", "bot",
                                                          "reporting",       "franking"};
constexpr std::array<std::string_view, 3> kCopiedAttributes{"category", "edit", "verified_level"};

bool is_blocked(const Account& by, const Account& who) {
  return by.blocked.contains(who.pn) || by.blocked.contains(who.lid);
}

/// The copy for one device of `target`. `chat` is the stanza's `to`: it decides in which namespace the author appears.
Node make_copy(const Core& core, const Author& from, const Account& target, const Node& stanza, const Jid& chat,
               std::span<const Node> payload) {
  Node copy("message");
  copy.with("from", from.account.named_like(chat, from.id()));
  copy.with(chat.is_lid() ? "sender_pn" : "sender_lid", from.account.other_name(chat).bare());
  if (&target == &from.account && !stanza.attr_is("category", "peer")) {
    // A copy for the author's other devices names the chat it belongs to; a resend brings that along as `recipient`.
    const bool fanned_out = stanza.child("participants") != nullptr;
    const auto recipient = stanza.jid("recipient").value_or(fanned_out ? chat.bare() : Jid{});
    if (!recipient.is_server()) {
      copy.with("recipient", recipient);
      if (const Account* other = core.directory.find(recipient))
        copy.with(recipient.is_lid() ? "peer_recipient_pn" : "peer_recipient_lid", other->other_name(recipient).bare());
    }
  }
  fill_copy(core, copy, from, stanza, payload);
  return copy;
}

/// A restricted account hears strangers only with the token it gave them.
bool is_kept_out(const Account& recipient, const Account& from, const Node& stanza) {
  if (!recipient.restricted || recipient.contacts.contains(const_cast<Account*>(&from))) return false;
  const Node* shown = stanza.child("tctoken");
  const auto token = recipient.trusts.find(&from);
  return shown == nullptr || token == recipient.trusts.end() || !std::ranges::equal(shown->bytes(), token->second);
}

/// The devices a message to this person should have reached, if it is for others than that: as a hash over all
/// devices of both, the author's own included.
std::optional<std::string> other_devices(const Core& core, const Author& from, const Node& stanza, const Jid& chat) {
  const Node* participants = stanza.child("participants");
  const Account* recipient = core.directory.find(chat);
  if (participants == nullptr || recipient == nullptr || from.device == nullptr) return std::nullopt;
  if (stanza.attr_is("device_fanout", "false") || stanza.attr_is("category", "peer")) return std::nullopt;
  std::set<Jid> real;
  for (const Account* account : {recipient, static_cast<const Account*>(&from.account)}) {
    real.insert(account->named_like(chat));
    for (const auto& [id, companion] : account->companions)
      real.insert(account->named_like(chat, id));
  }
  const Jid author = from.account.named_like(chat, from.id());
  std::set<Jid> addressed{author};
  for (const Node& to : participants->children()) {
    const auto jid = to.jid("jid");
    const Account* account = jid ? core.directory.find(*jid) : nullptr;
    if (account != nullptr) addressed.insert(account->named_like(chat, jid->device));
  }
  if (addressed == real) return std::nullopt;
  const std::vector<Jid> devices(real.begin(), real.end());
  return transport::message::participant_hash(devices);
}

bool is_resend(const Node& stanza) {
  const Node* enc = stanza.child("enc");
  return enc != nullptr && enc->has("count");
}

/// 0, or the error code for the ack.
unsigned route(Core& core, const Author& from, const Node& stanza, const Jid& chat) {
  if (chat.server == Server::group) return route_group_message(core, from, stanza, chat);
  if (!chat.is_user()) return chat.is_server() ? kMalformed : kNotAllowed;
  Account* recipient = core.directory.find(chat);
  if (recipient == nullptr) return kUnknownRecipient;

  const Node* participants = stanza.child("participants");
  if (participants == nullptr && stanza.child("enc") == nullptr) return kMalformed;
  if (recipient != &from.account) {
    if (is_blocked(*recipient, from.account)) return 0;
    if (is_kept_out(*recipient, from.account, stanza)) return kNoToken;
    recipient->contacts.insert(&from.account);
    from.account.contacts.insert(recipient);
  }

  const auto hand = [&](const Jid& to, std::span<const Node> payload) {
    Account* target = core.directory.find(to);
    const bool foreign = target != recipient && target != &from.account;
    if (target == nullptr || foreign) {
      if (from.device != nullptr) ++from.device->counters.messages_to_nobody;
      return;
    }
    if (target == &from.account && to.device == from.id()) return;  // its own echo
    Node copy = make_copy(core, from, *target, stanza, chat, payload);
    if (!hand_over(core, *target, to.device, std::move(copy), from) && from.device != nullptr)
      ++from.device->counters.messages_to_nobody;
  };

  if (participants == nullptr) {
    hand(chat, stanza.children());
    return 0;
  }
  for (const Node& to : participants->children()) {
    const auto jid = to.jid("jid");
    if (to.tag == "to" && jid) hand(*jid, to.children());
  }
  return 0;
}

void acknowledge(Core& core, Line& line, const Node& stanza, const Jid& to, unsigned error,
                 std::optional<std::string> phash) {
  Node ack("ack");
  ack.with("class", "message").with("id", stanza.attr("id").value_or("")).with("from", to);
  ack.with_optional("participant", stanza.jid("participant"));
  ack.with("t", core.now());
  if (error != 0) ack.with("error", error);
  if (core.faults.all().empty()) return core.send(line, ack.with_optional("phash", phash));

  const Subject subject = Core::subject(line);
  if (const auto drop = core.faults.take("drop-before-ack", subject)) return core.wire.cut(line.id);
  if (const auto fault = core.faults.take("ack", subject)) {
    if (fault->text("lost") == "on") return;
    if (const auto code = fault->number("code")) ack.with("error", *code);
    if (fault->parameters.contains("phash")) phash = fault->text("phash");
    if (const auto delay = fault->number("delay-ms")) {
      ack.with_optional("phash", phash);
      return core.send_later(line, std::move(ack), std::chrono::milliseconds(*delay));
    }
  }
  core.send(line, ack.with_optional("phash", phash));
  if (core.faults.take("drop-after-ack", subject)) core.wire.close(line.id);
}

/// An error code that a fault wants instead of a delivery: the message must then reach nobody.
bool refused_by_fault(Core& core, const Device& from) {
  for (const Fault& fault : core.faults.all())
    if (fault.kind == "ack" && fault.parameters.contains("code") && fault.matches(Core::subject(from))) return true;
  return false;
}

}  // namespace

void fill_copy(const Core& core, Node& copy, const Author& from, const Node& stanza, std::span<const Node> payload) {
  copy.with("id", stanza.attr("id").value_or(""));
  copy.with("type", stanza.attr("type").value_or("text"));
  copy.with("t", core.now());
  if (const std::string& name = from.account.notify_name(from.device); !name.empty()) copy.with("notify", name);
  for (const std::string_view key : kCopiedAttributes)
    copy.with_optional(key, stanza.attr(key));
  for (const Node& part : payload)
    if (part.tag == "enc") copy.add(part);
  for (const Node& part : stanza.children())
    if (std::find(kCopiedChildren.begin(), kCopiedChildren.end(), part.tag) != kCopiedChildren.end()) copy.add(part);
}

bool hand_over(Core& core, Account& account, std::uint16_t device_id, Node stanza, const Author& from) {
  if (device_id == 0) {
    account.phone->receive(core, from, stanza);
    return true;
  }
  Device* device = account.device(device_id);
  if (device == nullptr) return false;
  core.deliver(*device, std::move(stanza));
  return true;
}

void route_message(Core& core, Device& from, const Node& stanza) {
  const auto id = stanza.attr("id");
  const auto to = stanza.jid("to");
  if (!id || id->empty() || !to) {
    ++core.counters.malformed;
    return;
  }
  ++core.counters.messages;
  ++from.counters.messages_sent;
  const Author author{from.account, &from};
  if (!is_resend(stanza) && core.sent.note(*id, {&from.account, from.id})) ++from.counters.messages_repeated;
  unsigned error = 0;
  if (core.faults.all().empty() || !refused_by_fault(core, from)) error = route(core, author, stanza, *to);
  if (from.line == nullptr) return;
  const auto phash = error == 0 ? other_devices(core, author, stanza, *to) : std::nullopt;
  acknowledge(core, *from.line, stanza, *to, error, phash);
}

bool route_phone_message(Core& core, Account& from, const Node& stanza) {
  const auto id = stanza.attr("id");
  const auto to = stanza.jid("to");
  if (!id || !to) return false;
  core.sent.note(*id, {&from, 0});
  return route(core, Author{from, nullptr}, stanza, *to) == 0;
}

}  // namespace linekeeper::sandbox
