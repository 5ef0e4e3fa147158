#include "linekeeper/lifecycle/reaction.hpp"

namespace linekeeper::lifecycle {
namespace {

using namespace std::chrono_literals;
using enum v1::LineStatus;

/// Ends that leave an unpaired line unpaired: nothing is retried without a command.
Reaction unpaired(v1::ErrorCode code, Credentials credentials = Credentials::discard) noexcept {
  return {v1::LINE_STATUS_NEEDS_PAIRING, code, credentials, Retry::never};
}

Reaction waits(v1::LineStatus status, v1::ErrorCode code, Credentials credentials = Credentials::keep) noexcept {
  return {status, code, credentials, Retry::never};
}

Reaction retries(v1::ErrorCode code, Retry retry = Retry::backoff, std::chrono::milliseconds at_least = 0ms,
                 unsigned attempts = 0) noexcept {
  return {v1::LINE_STATUS_DISCONNECTED, code, Credentials::keep, retry, at_least, attempts};
}

Reaction answer(Signal signal, bool registered) noexcept {
  switch (signal) {
    case Signal::restart_required: return retries(v1::RESTART_REQUIRED, Retry::at_once);
    case Signal::device_removed:
    case Signal::unauthorized:
    case Signal::primary_reinstalled: return waits(v1::LINE_STATUS_LOGGED_OUT, v1::LOGGED_OUT, Credentials::archive);
    case Signal::account_locked: return waits(v1::LINE_STATUS_ACCOUNT_LOCKED, v1::ACCOUNT_LOCKED, Credentials::archive);
    case Signal::banned: return waits(v1::LINE_STATUS_BANNED, v1::BANNED, Credentials::archive);
    case Signal::temporarily_banned: return {v1::LINE_STATUS_BANNED, v1::BANNED, Credentials::keep, Retry::after_wait};
    case Signal::replaced: return waits(v1::LINE_STATUS_CONFLICT, v1::CONFLICT);
    case Signal::client_outdated:
    case Signal::bad_user_agent: return waits(v1::LINE_STATUS_CLIENT_OUTDATED, v1::CLIENT_OUTDATED);
    case Signal::token_refused: return waits(v1::LINE_STATUS_STOPPED, v1::CONNECT_REFUSED);
    case Signal::certificate_invalid: return waits(v1::LINE_STATUS_STOPPED, v1::CERTIFICATE_INVALID);
    case Signal::number_mismatch:
      return registered ? waits(v1::LINE_STATUS_STOPPED, v1::CREDENTIALS_CONFLICT) : unpaired(v1::CREDENTIALS_CONFLICT);
    case Signal::credentials_corrupt: return waits(v1::LINE_STATUS_STOPPED, v1::CREDENTIALS_CONFLICT);
    case Signal::login_refused:
    case Signal::upgrade_refused: return retries(v1::CONNECT_REFUSED, Retry::backoff, 0ms, 3);
    case Signal::service_unavailable: return retries(v1::SERVICE_UNAVAILABLE);
    case Signal::rate_limited: return retries(v1::RATE_LIMITED, Retry::backoff, 5min);
    case Signal::unacknowledged: return retries(v1::STREAM_DESYNC);
    case Signal::stream_desync: return retries(v1::STREAM_DESYNC, Retry::at_once);
    case Signal::network: return retries(v1::NETWORK);
    case Signal::store_failed: return retries(v1::STORE_UNAVAILABLE);
    case Signal::refs_used_up: return unpaired(v1::QR_EXPIRED, Credentials::keep);
    case Signal::pairing_timed_out: return unpaired(v1::PAIRING_TIMEOUT, Credentials::keep);
    case Signal::pairing_failed: return unpaired(v1::PAIRING_FAILED);
    case Signal::passkey_required: return unpaired(v1::PASSKEY_REQUIRED);
    case Signal::invalid_phone: return unpaired(v1::INVALID_PHONE, Credentials::keep);
    case Signal::bad_request: return unpaired(v1::BAD_REQUEST, Credentials::keep);
    case Signal::forbidden: return unpaired(v1::FORBIDDEN, Credentials::keep);
    case Signal::feature_unavailable: return unpaired(v1::FEATURE_UNAVAILABLE, Credentials::keep);
    case Signal::pairing_rate_limited: return unpaired(v1::RATE_LIMITED, Credentials::keep);
    case Signal::closed_by_us: return waits(v1::LINE_STATUS_UNSPECIFIED, v1::ERROR_CODE_UNSPECIFIED);
  }
  return waits(v1::LINE_STATUS_STOPPED, v1::INTERNAL);
}

}  // namespace

Reaction reaction_to(Signal signal, bool registered) noexcept {
  const Reaction reaction = answer(signal, registered);
  // An end of pairing that comes after the credentials: they are what counts, and the way on is a login.
  if (registered && reaction.status == v1::LINE_STATUS_NEEDS_PAIRING) return retries(reaction.code);
  // Refs and codes die with their connection: an unpaired line does not reconnect by itself, whatever ended it, and
  // has no status but the one. Only a restart that the server asks for is part of pairing.
  if (registered || signal == Signal::restart_required || signal == Signal::closed_by_us) return reaction;
  const bool discards = reaction.status == v1::LINE_STATUS_NEEDS_PAIRING;
  return unpaired(reaction.code, discards ? reaction.credentials : Credentials::keep);
}

}  // namespace linekeeper::lifecycle
