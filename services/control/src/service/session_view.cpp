#include "service/session_view.hpp"

#include "linekeeper/contract/line_record.hpp"
#include "linekeeper/contract/sentence.hpp"
#include "linekeeper/pairing/credentials.hpp"

namespace linekeeper::control {
namespace {

bool expired(const google::protobuf::Timestamp& stamp, UnixTime now) {
  return std::chrono::seconds(stamp.seconds()) <= now.time_since_epoch();
}

bool needs_holder(v1::LineStatus status) {
  return status == v1::LINE_STATUS_PAIRING || status == v1::LINE_STATUS_CONNECTING ||
         status == v1::LINE_STATUS_SYNCING || status == v1::LINE_STATUS_CONNECTED;
}

/// "shop-7/0123456789abcdef" is worker shop-7: what follows tells apart two runs of it.
std::string worker_of(const std::string& holder) {
  return holder.substr(0, holder.rfind('/'));
}

}  // namespace

std::optional<Account> account_of(const std::optional<Bytes>& credentials) {
  if (!credentials) return std::nullopt;
  const auto parsed = transport::parse_credentials(*credentials);
  if (!parsed || !parsed->me) return std::nullopt;
  return Account{parsed->me->user, parsed->lid ? parsed->lid->user : std::string()};
}

v1::Session session_of(const auth::LineGlance& line, const std::optional<Account>& account, const Board::Entry* heard,
                       std::optional<UnixTime> pairing_at) {
  v1::Session session;
  session.set_session_id(line.session);
  session.set_owner_worker(worker_of(line.holder));
  session.set_fencing_token(line.head.token);
  contract::LineRecord record;
  const auto stored = contract::read_line(line.head, record);
  if (!stored) {
    session.set_status(v1::LINE_STATUS_STOPPED);
    *session.mutable_reason() = contract::error_of(v1::STATE_UNREADABLE, "status");
    return session;
  }
  session.set_has_credentials(!record.number_tag.empty());
  session.set_stopped_by_operator(stored->desired == lifecycle::Desired::stop);
  session.set_status(stored->status);
  if (stored->code != v1::ERROR_CODE_UNSPECIFIED)
    *session.mutable_reason() = contract::error_of(stored->code, stored->detail);
  if (record.since_ms != 0)
    *session.mutable_since() = contract::timestamp_of(lifecycle::Time(std::chrono::milliseconds(record.since_ms)));
  if (stored->next_retry_at) *session.mutable_next_retry_at() = contract::timestamp_of(*stored->next_retry_at);
  if (stored->status == v1::LINE_STATUS_UNSPECIFIED) session.set_status(v1::LINE_STATUS_NEEDS_PAIRING);
  if (line.holder.empty() && needs_holder(session.status())) {
    // What is stored is what the last holder said; without one nobody is connected.
    session.set_status(v1::LINE_STATUS_DISCONNECTED);
    *session.mutable_reason() = contract::error_of(v1::LEASE_LOST, "no_worker");
    session.mutable_reason()->set_message("No worker holds this line. Start one, or wait until another takes it over.");
  }
  if (account) {
    session.set_phone_number(account->phone_number);
    session.set_lid(account->lid);
  }
  if (heard == nullptr) return session;

  const v1::ConnectionEvent& event = heard->event;
  if (!account && session.has_credentials()) {
    session.set_phone_number(event.phone_number());
    session.set_lid(event.lid());
  }
  if (event.status() != session.status()) return session;
  if (event.has_progress()) *session.mutable_progress() = event.progress();
  if (!pairing_at || session.status() != v1::LINE_STATUS_PAIRING) return session;
  if (event.has_qr() && !expired(event.qr().expires_at(), *pairing_at)) *session.mutable_qr() = event.qr();
  if (event.has_code() && !expired(event.code().expires_at(), *pairing_at)) *session.mutable_code() = event.code();
  return session;
}

v1::Session session_of(const v1::ConnectionEvent& event) {
  v1::Session session;
  session.set_session_id(event.session_id());
  session.set_status(event.status());
  // An outcome's reason is about the command, not about the line.
  if (event.has_reason() && event.outcome() != v1::COMMAND_OUTCOME_DONE) *session.mutable_reason() = event.reason();
  *session.mutable_since() = event.time();
  if (event.has_next_retry_at()) *session.mutable_next_retry_at() = event.next_retry_at();
  session.set_has_credentials(!event.phone_number().empty());
  session.set_phone_number(event.phone_number());
  session.set_lid(event.lid());
  session.set_owner_worker(event.worker_id());
  session.set_fencing_token(event.order().token());
  if (event.has_progress()) *session.mutable_progress() = event.progress();
  return session;
}

v1::CredentialStatus credential_status_of(const auth::LineGlance& line, const v1::Session& session) {
  v1::CredentialStatus status;
  status.set_session_id(session.session_id());
  status.set_has_credentials(session.has_credentials());
  status.set_stored_phone(session.phone_number());
  status.set_lid(session.lid());
  status.set_can_reset(line.known);
  status.set_status(session.status());
  if (session.has_reason()) *status.mutable_last_error() = session.reason();
  if (session.has_next_retry_at()) *status.mutable_next_retry_at() = session.next_retry_at();
  status.set_owner_worker(session.owner_worker());
  status.set_fencing_token(session.fencing_token());
  status.set_key_id(line.head.key_id);
  return status;
}

}  // namespace linekeeper::control
