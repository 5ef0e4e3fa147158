#include "line/line_events.hpp"

#include "linekeeper/session/events.hpp"

namespace linekeeper::worker {

using lifecycle::Time;

v1::ErrorCode blocked_by(v1::LineStatus status) noexcept {
  switch (status) {
    case v1::LINE_STATUS_NEEDS_PAIRING: return v1::NEEDS_PAIRING;
    case v1::LINE_STATUS_STOPPED: return v1::STOPPED;
    case v1::LINE_STATUS_LOGGED_OUT: return v1::LOGGED_OUT;
    case v1::LINE_STATUS_ACCOUNT_LOCKED: return v1::ACCOUNT_LOCKED;
    case v1::LINE_STATUS_CONFLICT: return v1::CONFLICT;
    case v1::LINE_STATUS_BANNED: return v1::BANNED;
    case v1::LINE_STATUS_CLIENT_OUTDATED: return v1::CLIENT_OUTDATED;
    default: return v1::ERROR_CODE_UNSPECIFIED;
  }
}

LineEvents::LineEvents(std::string session, auth::FencingToken token, std::string worker_id)
    : session_(std::move(session)), token_(token), worker_id_(std::move(worker_id)) {}

void LineEvents::know(std::string phone_number, std::string lid) {
  phone_number_ = std::move(phone_number);
  lid_ = std::move(lid);
}

void LineEvents::stamp(Event& event) {
  auto* const connection = std::get_if<v1::ConnectionEvent>(&event.body);
  v1::EventOrder& order =
      connection ? *connection->mutable_order() : *std::get<v1::MessageEvent>(event.body).mutable_order();
  order.set_token(token_);
  order.set_sequence(++sequence_);
  event.patience = patience_;
  if (event.id.empty()) {
    event.id = event_id({"status", session_, std::to_string(token_), std::to_string(sequence_)});
  }
}

v1::ConnectionEvent LineEvents::connection(const lifecycle::Lifecycle& lifecycle, Time now) {
  v1::ConnectionEvent event;
  event.set_session_id(session_);
  *event.mutable_time() = timestamp_of(now);
  event.set_status(lifecycle.status());
  if (lifecycle.code() != v1::ERROR_CODE_UNSPECIFIED) {
    *event.mutable_reason() = error_of(lifecycle.code(), lifecycle.detail());
    if (lifecycle.code() == v1::ACCOUNT_LOCKED && !words_.empty())
      *event.mutable_reason()->mutable_message() += " WhatsApp says: " + words_;
  }
  if (lifecycle.next_retry_at()) *event.mutable_next_retry_at() = timestamp_of(*lifecycle.next_retry_at());
  event.set_retry_count(lifecycle.retry_count());
  if (lifecycle.registered()) {
    event.set_phone_number(phone_number_);
    event.set_lid(lid_);
  }
  event.set_worker_id(worker_id_);
  for (const SendPause* pause : {&pauses_.all, &pauses_.first_contacts}) {
    if (!pause->on(now.time_since_epoch().count())) continue;
    v1::SendPause& told = *event.add_pauses();
    told.set_code(pause->code);
    *told.mutable_until() = timestamp_of(Time(std::chrono::milliseconds(pause->until_ms)));
  }
  return event;
}

Event LineEvents::status(const lifecycle::Lifecycle& lifecycle, Time now) {
  v1::ConnectionEvent body = connection(lifecycle, now);
  Event event;
  event.session_id = session_;
  event.body = std::move(body);
  return event;
}

Event LineEvents::outcome(const lifecycle::Lifecycle& lifecycle, Time now, std::string_view command_id,
                          v1::CommandOutcome outcome, v1::ErrorCode code, std::string detail) {
  v1::ConnectionEvent body = connection(lifecycle, now);
  body.set_command_id(std::string(command_id));
  body.set_outcome(outcome);
  if (code != v1::ERROR_CODE_UNSPECIFIED) *body.mutable_reason() = error_of(code, std::move(detail));
  Event event;
  event.session_id = session_;
  event.id = event_id({"outcome", session_, command_id});
  event.body = std::move(body);
  return event;
}

Event LineEvents::outcome_again(v1::ConnectionEvent kept) {
  Event event;
  event.session_id = session_;
  event.id = event_id({"outcome", session_, kept.command_id()});
  event.body = std::move(kept);
  return event;
}

Event LineEvents::outbound(v1::OutboundUpdate update, Time now) {
  Event event;
  event.session_id = session_;
  event.id = event_id({"outbound", session_, update.command_id(), update.message_id(), std::to_string(update.state()),
                       update.device()});
  v1::MessageEvent body;
  body.set_session_id(session_);
  *body.mutable_time() = timestamp_of(now);
  *body.mutable_outbound() = std::move(update);
  event.body = std::move(body);
  return event;
}

Event LineEvents::inbound(const transport::InboundMessage& message, Time now, std::string id) {
  v1::MessageEvent body;
  body.set_session_id(session_);
  *body.mutable_time() = timestamp_of(now);
  v1::InboundMessage& inbound = *body.mutable_inbound();
  inbound.set_message_id(message.id);
  inbound.set_chat(message.chat.str());
  inbound.set_sender(message.sender.str());
  inbound.set_sender_phone(message.sender_phone);
  inbound.set_from_me(message.from_me);
  inbound.set_push_name(message.push_name);
  *inbound.mutable_sent_at() = timestamp_of(Time(std::chrono::seconds(message.sent_at)));
  inbound.set_offline(message.offline);
  inbound.set_text(message.text.reveal());
  inbound.set_content_type(message.content_type);
  if (message.content_type != "text") inbound.set_raw(to_text(message.raw.reveal()));
  if (message.content_type == "unreadable") {
    *inbound.mutable_error() = error_of(v1::STATE_UNREADABLE, "never_decrypted");
    inbound.mutable_error()->set_message("The message could not be decrypted and its sender did not repeat it.");
  }
  Event event;
  event.session_id = session_;
  event.id = std::move(id);
  event.body = std::move(body);
  return event;
}

}  // namespace linekeeper::worker
