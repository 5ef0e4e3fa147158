#include "reading.hpp"

#include "linekeeper/message/content.hpp"
#include "linekeeper/message/device_sent.hpp"
#include "linekeeper/message/lid_mapping.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "wire/message.pb.h"

namespace linekeeper::transport {
namespace {

using message::MessageKind;

/// What everybody's message says about itself, opened or not.
InboundMessage skeleton(const message::Envelope& e, const LidMap& people) {
  InboundMessage event;
  event.id = e.id;
  event.sender_device = e.sender;
  event.sender = people.canonical(e.sender.account());
  event.sender_phone = people.phone(e.sender.account());
  event.from_me = e.kind == MessageKind::own_device;
  event.push_name = e.push_name;
  event.sent_at = static_cast<std::int64_t>(e.time);
  event.offline = e.offline;
  switch (e.kind) {
    case MessageKind::group: event.chat = e.chat; break;
    case MessageKind::own_device: event.chat = people.canonical(e.chat); break;
    // A broadcast list is its sender's way to write to many; to each of them it is a chat with that person.
    default: event.chat = event.sender; break;
  }
  return event;
}

/// What the own phone tells its devices.
void read_protocol(const wire::ProtocolMessage& protocol, Reading& out, LidMap& people) {
  switch (protocol.type()) {
    case wire::ProtocolMessage::HISTORY_SYNC_NOTIFICATION: out.history = true; break;
    case wire::ProtocolMessage::APP_STATE_SYNC_KEY_SHARE:
      for (const auto& key : protocol.app_state_sync_key_share().keys()) {
        if (key.key_id().key_id().empty()) continue;
        out.changes.push_back({app_key_field(key.key_id().key_id()), to_bytes(key.key_data().SerializeAsString())});
      }
      break;
    case wire::ProtocolMessage::LID_MIGRATION_MAPPING_SYNC: {
      const auto& payload = protocol.lid_migration_mapping_sync_message().encoded_mapping_payload();
      const auto pairs = message::parse_lid_mappings(as_bytes(payload));
      if (!pairs) break;
      for (const auto& pair : *pairs)
        people.learn(pair.pn, pair.lid);
      break;
    }
    default: break;
  }
}

}  // namespace

InboundMessage unreadable(const message::Envelope& envelope, const LidMap& people) {
  InboundMessage event = skeleton(envelope, people);
  event.content_type = "unreadable";
  return event;
}

Reading read_message(const wire::Message& message, ByteView raw, const message::Envelope& envelope, LidMap& people) {
  Reading out;
  const bool own = envelope.kind == MessageKind::own_device || envelope.kind == MessageKind::peer;
  const wire::Message* said = &message;
  message::DeviceSent sent;
  Bytes inner;
  std::optional<Jid> chat;
  if (message::is_device_sent(message)) {
    // Only our own devices copy to us what they sent; a stranger who says so lies.
    if (envelope.kind != MessageKind::own_device) return out;
    auto unwrapped = message::unwrap_device_sent(message);
    if (!unwrapped) return out;
    sent = std::move(*unwrapped);
    said = sent.message.get();
    chat = sent.chat;
    inner = to_bytes(said->SerializeAsString());
    raw = inner;
  }
  if (own && said->has_protocol_message()) read_protocol(said->protocol_message(), out, people);
  if (envelope.kind == MessageKind::peer) return out;
  if (envelope.kind == MessageKind::broadcast && envelope.chat == status_jid()) return out;

  const message::Content content = message::content_of(*said);
  if (!content.for_people()) return out;
  InboundMessage event = skeleton(envelope, people);
  if (chat) event.chat = people.canonical(chat->bare());
  event.content_type = std::string(content.type);
  event.text = Secret<std::string>(content.text);
  event.target_id = content.target_id;
  event.raw = SecretBytes(to_bytes(raw));
  out.event = std::move(event);
  return out;
}

message::Presentation presentation_of(const wire::Message& message) {
  const message::Content content = message::content_of(message);
  message::Presentation out;
  const auto media = [&out](std::string_view type) {
    out.type = "media";
    out.mediatype = std::string(type);
  };
  if (content.type == "image" || content.type == "video" || content.type == "gif" || content.type == "audio" ||
      content.type == "document" || content.type == "sticker" || content.type == "location") {
    media(content.type);
  } else if (content.type == "voice") {
    media("ptt");
  } else if (content.type == "video_note") {
    media("ptv");
  } else if (content.type == "live_location") {
    media("livelocation");
  } else if (content.type == "contact") {
    media("vcard");
  } else if (content.type == "contacts") {
    media("contact_array");
  } else if (content.type == "reaction") {
    out.type = "reaction";
    out.hide_failure = true;
    if (content.text.empty()) out.edit = "7";
  } else if (content.type == "poll" || content.type == "poll_vote") {
    out.type = "poll";
    out.hide_failure = content.type == "poll_vote";
  } else if (content.type == "edit") {
    out.edit = "1";
    out.hide_failure = true;
  } else if (content.type == "revoke") {
    out.edit = "7";
    out.hide_failure = true;
  }
  return out;
}

}  // namespace linekeeper::transport
