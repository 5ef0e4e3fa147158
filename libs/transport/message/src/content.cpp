#include "linekeeper/message/content.hpp"

#include "linekeeper/node/utf8.hpp"
#include "wire/message.pb.h"

namespace linekeeper::transport::message {
namespace {

/// Real messages nest two or three wrappers.
constexpr int kMostWrappers = 16;

const wire::FutureProofMessage* wrapper(const wire::Message& m) noexcept {
  if (m.has_ephemeral_message()) return &m.ephemeral_message();
  if (m.has_view_once_message()) return &m.view_once_message();
  if (m.has_view_once_message_v2()) return &m.view_once_message_v2();
  if (m.has_view_once_message_v2_extension()) return &m.view_once_message_v2_extension();
  if (m.has_document_with_caption_message()) return &m.document_with_caption_message();
  if (m.has_edited_message()) return &m.edited_message();
  if (m.has_group_mentioned_message()) return &m.group_mentioned_message();
  if (m.has_bot_invoke_message()) return &m.bot_invoke_message();
  if (m.has_lottie_sticker_message()) return &m.lottie_sticker_message();
  if (m.has_event_cover_image()) return &m.event_cover_image();
  if (m.has_status_mention_message()) return &m.status_mention_message();
  if (m.has_poll_creation_option_image_message()) return &m.poll_creation_option_image_message();
  if (m.has_associated_child_message()) return &m.associated_child_message();
  if (m.has_group_status_mention_message()) return &m.group_status_mention_message();
  if (m.has_poll_creation_message_v4()) return &m.poll_creation_message_v4();
  if (m.has_status_add_yours()) return &m.status_add_yours();
  if (m.has_group_status_message()) return &m.group_status_message();
  if (m.has_limit_sharing_message()) return &m.limit_sharing_message();
  if (m.has_bot_task_message()) return &m.bot_task_message();
  if (m.has_question_message()) return &m.question_message();
  if (m.has_group_status_message_v2()) return &m.group_status_message_v2();
  if (m.has_bot_forwarded_message()) return &m.bot_forwarded_message();
  if (m.has_question_reply_message()) return &m.question_reply_message();
  if (m.has_newsletter_admin_profile_message()) return &m.newsletter_admin_profile_message();
  if (m.has_spoiler_message()) return &m.spoiler_message();
  if (m.has_newsletter_admin_profile_status_message()) return &m.newsletter_admin_profile_status_message();
  if (m.has_bot_platform_registration_success_message()) return &m.bot_platform_registration_success_message();
  return nullptr;
}

std::string plain_text(const wire::Message& m) {
  if (m.has_conversation()) return m.conversation();
  if (m.has_extended_text_message()) return m.extended_text_message().text();
  if (m.has_image_message()) return m.image_message().caption();
  if (m.has_video_message()) return m.video_message().caption();
  if (m.has_document_message()) return m.document_message().caption();
  return {};
}

Content protocol(const wire::ProtocolMessage& p) {
  if (!p.has_type()) return {"protocol", {}, {}};
  switch (p.type()) {
    case wire::ProtocolMessage::REVOKE: return {"revoke", {}, p.key().id()};
    case wire::ProtocolMessage::MESSAGE_EDIT: return {"edit", plain_text(innermost(p.edited_message())), p.key().id()};
    case wire::ProtocolMessage::EPHEMERAL_SETTING: return {"disappearing", {}, {}};
    default: return {"protocol", {}, {}};
  }
}

Content media(const wire::Message& m) {
  if (m.has_image_message()) return {"image", plain_text(m), {}};
  if (m.has_video_message()) return {m.video_message().gif_playback() ? "gif" : "video", plain_text(m), {}};
  if (m.has_ptv_message()) return {"video_note", m.ptv_message().caption(), {}};
  if (m.has_audio_message()) return {m.audio_message().ptt() ? "voice" : "audio", {}, {}};
  if (m.has_document_message()) return {"document", plain_text(m), {}};
  if (m.has_sticker_message()) return {"sticker", {}, {}};
  if (m.has_sticker_pack_message()) return {"sticker_pack", {}, {}};
  if (m.has_location_message()) return {"location", m.location_message().name(), {}};
  if (m.has_live_location_message()) return {"live_location", m.live_location_message().caption(), {}};
  if (m.has_contact_message()) return {"contact", m.contact_message().display_name(), {}};
  if (m.has_contacts_array_message()) return {"contacts", m.contacts_array_message().display_name(), {}};
  if (m.has_album_message()) return {"album", {}, {}};
  return {};
}

const wire::PollCreationMessage* poll(const wire::Message& m) noexcept {
  if (m.has_poll_creation_message()) return &m.poll_creation_message();
  if (m.has_poll_creation_message_v2()) return &m.poll_creation_message_v2();
  if (m.has_poll_creation_message_v3()) return &m.poll_creation_message_v3();
  if (m.has_poll_creation_message_v5()) return &m.poll_creation_message_v5();
  if (m.has_poll_creation_message_v6()) return &m.poll_creation_message_v6();
  return nullptr;
}

Content rarer(const wire::Message& m) {
  if (const auto* p = poll(m)) return {"poll", p->name(), {}};
  if (m.has_poll_update_message()) return {"poll_vote", {}, {}};
  if (m.has_group_invite_message()) return {"group_invite", {}, {}};
  if (m.has_event_message() || m.has_enc_event_response_message()) return {"event", {}, {}};
  if (m.has_comment_message()) return {"comment", {}, {}};
  if (m.has_order_message()) return {"order", {}, {}};
  if (m.has_product_message()) return {"product", {}, {}};
  if (m.has_pin_in_chat_message()) return {"pin", {}, {}};
  if (m.has_keep_in_chat_message()) return {"keep", {}, {}};
  if (m.has_call()) return {"call", {}, {}};
  if (m.has_enc_reaction_message() || m.has_secret_encrypted_message()) return {"encrypted_addon", {}, {}};
  if (m.has_placeholder_message()) return {"placeholder", {}, {}};
  if (m.has_template_message() || m.has_template_button_reply_message() || m.has_list_message() ||
      m.has_list_response_message() || m.has_buttons_message() || m.has_buttons_response_message() ||
      m.has_interactive_message() || m.has_interactive_response_message() || m.has_rich_response_message()) {
    return {"interactive", {}, {}};
  }
  return {};
}

Content classify(const wire::Message& m) {
  if (m.has_conversation() || m.has_extended_text_message()) return {"text", plain_text(m), {}};
  if (m.has_protocol_message()) return protocol(m.protocol_message());
  if (m.has_reaction_message()) {
    return {"reaction", m.reaction_message().text(), m.reaction_message().key().id()};
  }
  if (Content found = media(m); !found.type.empty()) return found;
  if (Content found = rarer(m); !found.type.empty()) return found;
  // What is left holds fields that this version does not know, or nothing but keys and context information.
  const bool unknown = !m.unknown_fields().empty() || wrapper(m) != nullptr || m.has_device_sent_message();
  return {unknown ? "unsupported" : "none", {}, {}};
}

}  // namespace

const wire::Message& innermost(const wire::Message& message) noexcept {
  const wire::Message* at = &message;
  for (int i = 0; i < kMostWrappers; ++i) {
    const auto* outer = wrapper(*at);
    if (outer == nullptr || !outer->has_message()) break;
    at = &outer->message();
  }
  return *at;
}

Content content_of(const wire::Message& message) {
  Content content = classify(innermost(message));
  content.text = scrub_utf8(std::move(content.text));
  content.target_id = scrub_utf8(std::move(content.target_id));
  return content;
}

}  // namespace linekeeper::transport::message
