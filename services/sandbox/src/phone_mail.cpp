#include <algorithm>
#include <set>

#include "bundles.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/message/content.hpp"
#include "linekeeper/message/device_sent.hpp"
#include "linekeeper/message/message_id.hpp"
#include "linekeeper/pairing/pairing_stanzas.hpp"
#include "phone.hpp"
#include "receipts.hpp"
#include "wire/message.pb.h"

namespace linekeeper::sandbox {

namespace message = transport::message;
namespace signal = transport::signal;

namespace {

constexpr std::size_t kMostMail = 10'000;
constexpr std::size_t kMostSent = 1'000;

Bytes serialized(const wire::Message& content) {
  Bytes out(content.ByteSizeLong());
  content.SerializeToArray(out.data(), static_cast<int>(out.size()));
  return out;
}

Node enc_node(const signal::Sealed& sealed) {
  return Node("enc").with("v", 2).with("type", signal::name(sealed.type)).holding_bytes(sealed.bytes);
}

/// The keys that a device sends along with a retry receipt.
std::optional<signal::PreKeyBundle> keys_of(const Node& receipt) {
  const Node* keys = receipt.child("keys");
  const Node* registration = receipt.child("registration");
  if (keys == nullptr || registration == nullptr || registration->bytes().size() != 4) return std::nullopt;
  const Node* identity = keys->child("identity");
  const auto identity_key = identity == nullptr ? std::nullopt : exactly<32>(identity->bytes());
  if (!identity_key) return std::nullopt;
  const auto skey = parse_signed_key(keys->child("skey"), *identity_key);
  if (!skey) return std::nullopt;
  signal::PreKeyBundle bundle;
  bundle.registration_id = static_cast<std::uint32_t>(get_be(registration->bytes()));
  bundle.identity = *identity_key;
  bundle.signed_prekey_id = skey->id;
  bundle.signed_prekey = skey->value;
  bundle.signature = skey->signature;
  if (const Node* key = keys->child("key")) {
    const Node* id = key->child("id");
    const Node* value = key->child("value");
    const auto public_key = value == nullptr ? std::nullopt : exactly<32>(value->bytes());
    if (id != nullptr && id->bytes().size() == 3 && public_key)
      bundle.one_time = signal::PreKeyBundle::OneTime{static_cast<std::uint32_t>(get_be(id->bytes())), *public_key};
  }
  return bundle;
}

}  // namespace

Node Phone::encrypt_for(Core& core, Account& account, std::uint16_t device, const Bytes& plaintext) {
  const Jid address = account.lid.with_device(device);
  if (!ratchets().has_session(address)) {
    signal::PreKeyBundle bundle;
    if (device == 0) {
      bundle = account.phone->bundle();
    } else if (Device* companion = account.device(device)) {
      bundle = take_bundle(core, *companion);
    } else {
      return Node();
    }
    if (!ratchets().start_session(address, bundle)) return Node();
  }
  const auto sealed = ratchets().encrypt(address, plaintext);
  return sealed ? enc_node(*sealed) : Node();
}

void Phone::keep_sent(SentMail mail) {
  if (sent_.size() >= kMostSent) sent_.pop_front();
  sent_.push_back(std::move(mail));
}

std::string Phone::send_text(Core& core, const Jid& to, std::string_view text) {
  Account* recipient = core.directory.find(to);
  if (recipient == nullptr) return {};
  wire::Message content;
  content.set_conversation(std::string(text));
  SentMail mail;
  mail.id = message::random_message_id();
  mail.chat = to.bare();
  mail.plaintext = serialized(content);
  mail.own_plaintext = message::wrap_device_sent(mail.chat, mail.plaintext);

  Node participants("participants");
  const auto add = [&](Account& account, std::uint16_t device, const Bytes& plaintext) {
    Node enc = encrypt_for(core, account, device, plaintext);
    if (enc.tag.empty()) return;
    participants.add(Node("to").with("jid", account.named_like(to, device)).add(std::move(enc)));
  };
  if (recipient != &account_) {
    add(*recipient, 0, mail.plaintext);
    for (const auto& [id, companion] : recipient->companions)
      add(*recipient, id, mail.plaintext);
  }
  for (const auto& [id, companion] : account_.companions)
    add(account_, id, mail.own_plaintext);

  Node stanza("message");
  stanza.with("id", mail.id).with("to", mail.chat).with("type", "text").add(std::move(participants));
  const std::string id = mail.id;
  keep_sent(std::move(mail));
  route_phone_message(core, account_, stanza);
  return id;
}

void Phone::receive(Core& core, const Author& from, const Node& stanza) {
  const Node* enc = stanza.child("enc");
  const auto type = enc == nullptr ? std::nullopt : signal::cipher_type_from(enc->attr("type").value_or(""));
  if (!type) return;
  const auto plain = ratchets().decrypt(from.account.lid.with_device(from.id()), *type, enc->bytes());
  if (!plain) {
    if (plain.error() == Errc::duplicate_message) return;
    ++undecryptable_;
    ++core.counters.phone_undecryptable;
    return;
  }
  wire::Message content;
  if (!content.ParseFromArray(plain->data(), static_cast<int>(plain->size()))) {
    ++undecryptable_;
    return;
  }
  Mail mail;
  mail.id = stanza.attr("id").value_or("");
  mail.from = stanza.jid("from").value_or(Jid{});
  mail.chat = mail.from.bare();
  mail.own = &from.account == &account_;
  mail.time = core.now();
  const wire::Message* shown = &content;
  std::optional<message::DeviceSent> copy;
  if (message::is_device_sent(content)) {
    if (!mail.own) return;  // only the account's own devices may speak for it
    if (auto unwrapped = message::unwrap_device_sent(content)) copy = std::move(*unwrapped);
    if (!copy) return;
    mail.chat = copy->chat;
    shown = copy->message.get();
  }
  const auto& inner = message::innermost(*shown);
  if (mail.own && from.device != nullptr && inner.has_protocol_message() &&
      inner.protocol_message().type() == wire::ProtocolMessage::APP_STATE_SYNC_KEY_REQUEST)
    return share_sync_key(core, *from.device);

  const message::Content what = message::content_of(*shown);
  if (!what.for_people()) return;
  mail.kind = what.type;
  mail.text = what.text;
  mail.number = next_mail_++;
  if (inbox_.size() >= kMostMail) inbox_.pop_front();
  inbox_.push_back(std::move(mail));
}

void Phone::on_receipt(Core& /*core*/, const Node& receipt) {
  const std::string type = receipt.attr("type").value_or("");
  const auto count = [&](const std::string& id) {
    const auto at = std::find_if(sent_.rbegin(), sent_.rend(), [&](const SentMail& mail) { return mail.id == id; });
    if (at == sent_.rend()) return;
    if (type == "read" || type == "played")
      ++at->read;
    else
      ++at->delivered;
  };
  count(receipt.attr("id").value_or(""));
  if (const Node* list = receipt.child("list"))
    for (const Node& item : list->children())
      count(item.attr("id").value_or(""));
}

void Phone::on_retry(Core& core, Device& from, const Node& receipt) {
  constexpr std::uint64_t kMostRetries = 5;
  const std::string id = receipt.attr("id").value_or("");
  const Node* retry = receipt.child("retry");
  const std::uint64_t count = retry == nullptr ? 1 : retry->number("count").value_or(1);
  const auto mail = std::find_if(sent_.rbegin(), sent_.rend(), [&](const SentMail& m) { return m.id == id; });
  if (mail == sent_.rend() || count > kMostRetries) return;

  const Jid address = from.account.lid.with_device(from.id);
  const auto keys = keys_of(receipt);
  if (keys || count > 1 || !ratchets().has_session(address))
    if (!ratchets().start_session(address, keys ? *keys : take_bundle(core, from))) return;

  const bool own = &from.account == &account_;
  Node enc = encrypt_for(core, from.account, from.id, own && !mail->peer ? mail->own_plaintext : mail->plaintext);
  if (enc.tag.empty()) return;
  enc.with("count", count);
  Node stanza("message");
  stanza.with("id", id).with("to", receipt.jid("from").value_or(address)).with("type", "text");
  if (mail->peer) stanza.with("category", "peer");
  if (own && !mail->peer) stanza.with("recipient", mail->chat);
  route_phone_message(core, account_, stanza.add(std::move(enc)));
}

std::size_t Phone::read_all(Core& core) {
  std::map<Jid, std::vector<std::string>> unread;
  std::size_t count = 0;
  for (Mail& mail : inbox_) {
    if (mail.own || mail.read) continue;
    mail.read = true;
    unread[mail.chat].push_back(mail.id);
    ++count;
  }
  for (const auto& [author, ids] : unread)
    send_phone_read(core, account_, author, ids);
  return count;
}

}  // namespace linekeeper::sandbox
