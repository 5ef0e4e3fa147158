#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "linekeeper/base/result.hpp"

namespace linekeeper::transport {

/// Why one life of a connection ended. A closed set: what comes next (reconnect, wait for a person, …) is decided by
/// whoever runs the line. "At once", "backoff" and "stop" below are what all known clients or the official one do.
enum class EndReason {
  // Ours
  closed_by_owner = 1,  ///< `Line::close_now()`.
  own_logout,           ///< `Line::logout()`: this device asked to be removed. The credentials are void.
  needs_pairing,        ///< No credentials and no pairing was asked for. Nothing was sent.
  store_failed,         ///< The host refused or failed a fetch or commit; `cause` says which way.
  internal,             ///< A defect: an exception, an impossible state.

  // The way there, and the stream. Reconnect with backoff, except where stated.
  network,              ///< Refused, reset, closed, silent beyond the keepalive, DNS, TLS.
  certificate_invalid,  ///< The server's Noise certificate chain does not verify. Stop.
  service_unavailable,  ///< failure 500/503, stream:error 5xx, HTTP 5xx on the upgrade.
  rate_limited,         ///< stream:error 429, HTTP 403/429, iq 429 while pairing. Wait at least 5 min.
  stream_desync,        ///< Frame or node that does not open, xml-not-well-formed, bad-mac. At once, 3 in 10 min stop.
  restart_required,     ///< stream:error 515. At once; normal after pairing.
  connect_refused,      ///< failure 400, 415, 418, 501, unknown; HTTP 4xx. At most 3 tries, then stop.

  // Final for these credentials, or for a person to mend
  logged_out,            ///< failure 401, conflict other than replaced, stream:error 401/516, own identity replaced.
  account_locked,        ///< failure 403. `user_text` is meant for the account's owner.
  banned,                ///< failure 406; failure 402 with detail `temporary` and `retry_after`.
  conflict,              ///< Another connection of the same device took over. Never reconnect by yourself.
  credentials_conflict,  ///< Detail `phone_mismatch`, `claimed` or `corrupt`: these credentials are not to be used.
  client_outdated,       ///< failure 405; failure 409 with detail `user_agent`.

  // Pairing
  qr_expired,           ///< All six refs were shown and none was used.
  pairing_timeout,      ///< The server or the phone did not finish in time.
  pairing_failed,       ///< The phone's answer did not verify; `detail` names the check. Discard all keys of it.
  invalid_phone,        ///< Pairing by code: not a phone number, or the server refuses it.
  bad_request,          ///< iq 400 on a pairing request.
  forbidden,            ///< iq 403 on a pairing request.
  feature_unavailable,  ///< iq 452: pairing by code is not enabled for this account.
  passkey_required,     ///< The account demands a passkey; an official client must link it.
};

/// The enumerator's name, for logs and metric labels.
std::string_view name(EndReason reason) noexcept;

/// How one life of a connection ended. Holds no secret and no message text.
struct LineEnd {
  EndReason reason = EndReason::internal;
  int code = 0;        ///< The wire's number: failure reason, stream:error code, iq error, HTTP status; 0 if none came.
  std::string detail;  ///< A refinement in snake_case from our own vocabulary; never text from the server.
  std::optional<std::chrono::seconds> retry_after;  ///< The server said: not before. Counted from now.
  std::string user_text;   ///< What the server wants its user to read (account_locked): UTF-8, one line, at most 1 KiB.
  error_code cause;        ///< The error underneath, if one of ours.
  bool logged_in = false;  ///< The server had accepted the login in this life.
  std::chrono::milliseconds online{0};  ///< How long it had been logged in.
};

}  // namespace linekeeper::transport
