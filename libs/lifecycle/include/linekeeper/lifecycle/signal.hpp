#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace linekeeper::lifecycle {

/// Why one life of a connection ended, or why pairing did. One value for each row of the reaction table, so that a new
/// signal shows up at compile time everywhere it must be answered.
enum class Signal {
  // The stream, or the way to it
  restart_required,     ///< stream:error 515
  device_removed,       ///< conflict device_removed (or any other than replaced), stream:error 401 or 516
  replaced,             ///< conflict replaced, 409, 440: the same credentials are connected elsewhere
  service_unavailable,  ///< stream:error 5xx, failure 500 or 503, HTTP 5xx on the upgrade
  rate_limited,         ///< stream:error 429, HTTP 403 or 429 on the upgrade
  unacknowledged,       ///< stream:error ack, then closed by the server
  stream_desync,        ///< xml-not-well-formed, bad-mac, a frame that does not authenticate
  network,              ///< Closed, reset, silent, name not found, TLS trouble on the way
  upgrade_refused,      ///< Another HTTP 4xx on the upgrade
  certificate_invalid,  ///< The Noise certificate chain does not verify
  // The answer to a login
  unauthorized,         ///< failure 401
  account_locked,       ///< failure 403
  banned,               ///< failure 406
  temporarily_banned,   ///< failure 402; `until` says how long
  client_outdated,      ///< failure 405
  bad_user_agent,       ///< failure 409
  token_refused,        ///< failure 413 or 414
  login_refused,        ///< failure 400, 415, 418, 501 or one nobody knows
  primary_reinstalled,  ///< Our own account's identity changed on the phone
  // Credentials
  number_mismatch,      ///< Stored credentials, or a pairing, belong to another number than asked for
  credentials_corrupt,  ///< Keys that do not fit together, or values that do not open
  // Pairing
  refs_used_up,          ///< Every QR code was shown and nobody scanned
  pairing_timed_out,     ///< No pair-device, no answer to a hello, or a code that died
  pairing_failed,        ///< pair-success did not verify
  passkey_required,      ///< The account asks for a passkey
  invalid_phone,         ///< The server refuses the number
  bad_request,           ///< iq error 400 on hello, number in order
  forbidden,             ///< iq error 403 on hello
  feature_unavailable,   ///< iq error 452 on hello
  pairing_rate_limited,  ///< iq error 429 on hello
  // Ours
  closed_by_us,  ///< We closed it on purpose; whoever did knows why
  store_failed,  ///< State could not be committed; the socket was closed before anything else
};

/// A signal with what came beside it.
struct Ending {
  Signal signal = Signal::network;
  std::string detail;  ///< For people: a refinement in snake_case, never a secret.
  std::optional<std::chrono::milliseconds>
      wait;  ///< temporarily_banned, rate_limited: how long, if the server said so.
};

}  // namespace linekeeper::lifecycle
