#include "linekeeper/contract/sentence.hpp"

namespace linekeeper::contract {

std::string_view sentence(v1::ErrorCode code) noexcept {
  switch (code) {
    case v1::ERROR_CODE_UNSPECIFIED: return "";
    case v1::MALFORMED_COMMAND: return "The record does not parse. Check its content-type header and its fields.";
    case v1::MISSING_SESSION_ID: return "session_id must be 1 to 128 bytes of printable UTF-8.";
    case v1::INVALID_COMMAND_ID: return "command_id must be 1 to 128 bytes of printable UTF-8.";
    case v1::COMMAND_ID_REUSED: return "This command_id was used with other content. Send it again with a new one.";
    case v1::INVALID_PHONE: return "Not a phone number or JID. Give the international number with its country code.";
    case v1::TEXT_TOO_LONG: return "The text is longer than 64 KiB. Send it in parts.";
    case v1::EMPTY_CONTENT: return "There is nothing to send. Set one of the contents.";
    case v1::UNSUPPORTED_CONTENT: return "This version cannot send that kind of content.";
    case v1::UNSUPPORTED_COMMAND: return "This version cannot perform that command.";
    case v1::COMMAND_TOO_LARGE: return "The record is larger than a command may be.";
    case v1::EXPIRED: return "The time to begin passed before the line could. Send it again if it still matters.";
    case v1::SUPERSEDED: return "A later reset or pairing made this command void.";
    case v1::LINE_BACKLOG_FULL: return "Too many commands wait for this line. Retry later with a new command_id.";
    case v1::UNKNOWN_OUTCOME: return "It was being sent and never confirmed; it may have arrived. Look at the phone.";
    case v1::RECIPIENT_UNREACHABLE: return "The recipient is not on WhatsApp, or none of its devices could be reached.";
    case v1::RECIPIENT_REFUSED: return "The server refused this message. It is not tried again.";
    case v1::ALREADY_CONNECTED: return "The line is connected already.";
    case v1::NEEDS_PAIRING: return "The line has no credentials. Send a pair command.";
    case v1::STOPPED: return "The line is stopped. Send a connect or pair command.";
    case v1::LOGGED_OUT: return "This device was removed. Send a pair command and link it again.";
    case v1::ACCOUNT_LOCKED: return "The account is locked. Unlock it on the phone, then pair again.";
    case v1::CONFLICT: return "Another client runs with the same credentials. Stop it, then send connect.";
    case v1::BANNED: return "WhatsApp banned the number.";
    case v1::CLIENT_OUTDATED: return "The server asks for a newer version. Set whatsapp-version and connect.";
    case v1::QR_EXPIRED: return "Nobody scanned the QR in time. Send a pair command for a new one.";
    case v1::PAIRING_TIMEOUT: return "Pairing did not finish in time. Send a pair command to try again.";
    case v1::PAIRING_FAILED: return "The phone's answer did not verify. Send a pair command to start afresh.";
    case v1::CREDENTIALS_CONFLICT: return "The credentials belong to another number or session. Reset one of them.";
    case v1::PASSKEY_REQUIRED: return "The account asks for a passkey. Link it with an official client.";
    case v1::PHONE_NOT_MULTIDEVICE: return "The phone is too old for linked devices. Update WhatsApp on it.";
    case v1::FEATURE_UNAVAILABLE: return "Pairing by code is not enabled for this account. Use the QR.";
    case v1::FORBIDDEN: return "The server does not allow this. Use the QR.";
    case v1::INVALID_PAIRING_CODE: return "custom_code must be eight of 123456789ABCDEFGHJKLMNPQRSTVWXYZ.";
    case v1::BAD_REQUEST: return "The server called the request malformed. Check the number and wait a minute.";
    case v1::SERVICE_UNAVAILABLE: return "WhatsApp has trouble. The line retries by itself.";
    case v1::RATE_LIMITED: return "Too much, too fast. The line waits before it goes on.";
    case v1::NETWORK: return "The connection broke or could not be made. The line retries by itself.";
    case v1::STREAM_DESYNC: return "The encrypted stream fell out of step.";
    case v1::CONNECT_REFUSED: return "The server refuses this login.";
    case v1::CERTIFICATE_INVALID: return "The server's certificate does not verify. Check noise-root and whatsapp-url.";
    case v1::RESTART_REQUIRED: return "The server asked for a reconnect; normal after pairing.";
    case v1::ACCOUNT_RESTRICTED: return "The account may not write to new contacts now. Wait before you try again.";
    case v1::STORE_UNAVAILABLE: return "Redis does not answer. The line goes on when it does.";
    case v1::STORE_FULL: return "Redis is out of memory. Raise maxmemory.";
    case v1::STATE_ROLLED_BACK: return "Redis holds an older state than before. Sessions are renewed before sending.";
    case v1::STATE_LOST: return "Redis was emptied. Check it, then run 'linekeeper-worker store accept'.";
    case v1::STATE_UNREADABLE: return "A stored value does not open. Check the key ring; reset the line if it is lost.";
    case v1::KAFKA_UNAVAILABLE: return "Kafka does not answer.";
    case v1::TOPIC_MISSING: return "A topic is missing. Run 'linekeeper-worker topics create'.";
    case v1::TOPIC_PARTITIONS_DIFFER: return "The command topics have unequal partition counts. Grow them to the same.";
    case v1::LEASE_LOST: return "This worker could not renew its lease and gave up the line.";
    case v1::UNAUTHENTICATED: return "No valid credentials. Send a bearer token or a client certificate.";
    case v1::ACCESS_DENIED: return "The caller's roles or session prefixes do not allow this.";
    case v1::TOO_MANY_FAILURES: return "Too many refused logins from this address. Wait a minute.";
    case v1::SESSION_UNKNOWN: return "Nothing is known of this session. Pair it first.";
    case v1::COMMAND_UNKNOWN: return "Nothing is known of this command: never written, or older than 8 days.";
    case v1::INVALID_REQUEST: return "A field of the request is missing or cannot be.";
    case v1::OUTCOME_PENDING: return "The outcome is not known yet; the command goes on. Ask GetCommand later.";
    case v1::LINE_BUSY: return "The line is connecting, pairing or connected. Disconnect or reset it first.";
    default: return "A defect of ours. Please report it with the log lines of this session.";
  }
}

google::protobuf::Timestamp timestamp_of(lifecycle::Time time) {
  const auto ms = time.time_since_epoch().count();
  google::protobuf::Timestamp stamp;
  stamp.set_seconds(ms / 1000);
  stamp.set_nanos(static_cast<std::int32_t>(ms % 1000) * 1'000'000);
  return stamp;
}

v1::Error error_of(v1::ErrorCode code, std::string detail) {
  v1::Error error;
  error.set_code(code);
  error.set_message(std::string(sentence(code)));
  error.set_detail(std::move(detail));
  return error;
}

}  // namespace linekeeper::contract
