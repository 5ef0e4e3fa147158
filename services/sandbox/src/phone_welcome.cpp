#include <zlib.h>

#include <stdexcept>

#include "linekeeper/message/message_id.hpp"
#include "phone.hpp"
#include "phone_settings.hpp"
#include "wire/history.pb.h"
#include "wire/message.pb.h"

namespace linekeeper::sandbox {

namespace {

template <typename Proto>
Bytes serialized(const Proto& proto) {
  Bytes out(proto.ByteSizeLong());
  proto.SerializeToArray(out.data(), static_cast<int>(out.size()));
  return out;
}

Bytes deflated(const Bytes& plain) {
  uLongf size = compressBound(plain.size());
  Bytes out(size);
  if (compress(out.data(), &size, plain.data(), plain.size()) != Z_OK)
    throw std::runtime_error("zlib refused to compress");
  out.resize(size);
  return out;
}

}  // namespace

void Phone::send_peer(Core& core, Device& companion, const Bytes& plaintext) {
  SentMail mail;
  mail.id = transport::message::random_message_id();
  mail.chat = account_.pn;
  mail.peer = true;
  mail.kind = "peer";
  mail.plaintext = plaintext;
  Node enc = encrypt_for(core, account_, companion.id, plaintext);
  if (enc.tag.empty()) return;
  Node stanza("message");
  stanza.with("from", account_.pn).with("id", mail.id).with("t", core.now()).with("type", "text");
  stanza.with("category", "peer");
  // Clients take their own account's name from here.
  if (!account_.push_name.empty()) stanza.with("notify", account_.push_name);
  core.sent.note(mail.id, {&account_, 0});
  keep_sent(std::move(mail));
  core.deliver(companion, stanza.add(std::move(enc)));
}

Bytes Phone::sync_key_id() const {
  Bytes id;
  put_be(id, 0, 2);
  put_be(id, sync_key_id_, 4);
  return id;
}

void Phone::write_name(Core& core) {
  AppStateCollection& collection = account_.app_state[std::string(kNameCollection)];
  if (collection.version() != 0 || account_.push_name.empty()) return;
  collection.add(name_patch(sync_key_, sync_key_id(), account_.push_name, core.clock_ms().count()));
}

void Phone::share_sync_key(Core& core, Device& companion) {
  wire::Message content;
  auto& protocol = *content.mutable_protocol_message();
  protocol.set_type(wire::ProtocolMessage::APP_STATE_SYNC_KEY_SHARE);
  auto& key = *protocol.mutable_app_state_sync_key_share()->add_keys();
  key.mutable_key_id()->set_key_id(to_text(sync_key_id()));
  auto& data = *key.mutable_key_data();
  data.set_key_data(to_text(sync_key_));
  data.set_timestamp(core.clock_ms().count());
  data.mutable_fingerprint()->set_raw_id(raw_id_);
  data.mutable_fingerprint()->set_current_index(last_key_index_);
  data.mutable_fingerprint()->add_device_indexes(0);
  send_peer(core, companion, serialized(content));
}

void Phone::share_history(Core& core, Device& companion) {
  wire::HistorySync history;
  history.set_sync_type(wire::INITIAL_BOOTSTRAP);
  history.set_chunk_order(1);
  history.set_progress(100);
  if (!account_.push_name.empty()) {
    auto& name = *history.add_pushnames();
    name.set_id(account_.pn.str());
    name.set_pushname(account_.push_name);
  }
  auto& mapping = *history.add_phone_number_to_lid_mappings();
  mapping.set_pn_jid(account_.pn.str());
  mapping.set_lid_jid(account_.lid.str());

  wire::Message content;
  auto& protocol = *content.mutable_protocol_message();
  protocol.set_type(wire::ProtocolMessage::HISTORY_SYNC_NOTIFICATION);
  auto& notice = *protocol.mutable_history_sync_notification();
  notice.set_sync_type(wire::INITIAL_BOOTSTRAP);
  notice.set_chunk_order(1);
  notice.set_progress(100);
  notice.set_initial_hist_bootstrap_inline_payload(to_text(deflated(serialized(history))));
  send_peer(core, companion, serialized(content));
}

void Phone::welcome(Core& core, Device& companion) {
  std::string without;
  if (!core.faults.all().empty())
    if (const auto fault = core.faults.take("phone", Core::subject(companion))) without = fault->text("without");
  write_name(core);
  if (without != "key-share") share_sync_key(core, companion);
  if (without != "history") share_history(core, companion);
}

}  // namespace linekeeper::sandbox
