#pragma once

#include <boost/system/error_code.hpp>

#include "linekeeper/base/result.hpp"

namespace linekeeper {

/// Why an operation inside a library failed. Each value names one thing a caller can act on.
/// What users see is `linekeeper.v1.ErrorCode`; services translate at their border, in one switch.
enum class Errc {
  // Bytes from outside
  malformed_node = 1,   ///< The binary node decoder refuses these bytes.
  malformed_frame,      ///< A frame is too short, too long, or does not authenticate.
  malformed_message,    ///< A protobuf, padding or Signal message does not parse.
  malformed_value,      ///< A stored value is not of the form we write.
  unsupported_version,  ///< Well-formed, but of a newer version than this program knows.
  too_large,            ///< Exceeds a documented bound.
  // Trust
  certificate_invalid,  ///< The server's Noise certificate chain does not verify.
  bad_signature,        ///< A signature or MAC does not verify.
  decrypt_failed,       ///< Authenticated decryption refused the bytes, or the key is wrong.
  unknown_key,          ///< Sealed under a key that the ring does not hold.
  // Signal
  no_session,         ///< No session with that device.
  duplicate_message,  ///< The counter was used before: already processed.
  invalid_prekey_id,  ///< Names a prekey that is gone or never existed.
  // Connection
  connection_lost,  ///< Closed by the other side, or silent beyond the limit.
  connect_refused,  ///< No connection, or the upgrade was answered with an HTTP error.
  tls_failed,       ///< The TLS handshake failed or the certificate was not accepted.
  timed_out,        ///< The deadline of this operation passed.
  cancelled,        ///< Stopped by its owner.
  // Requests
  iq_error,   ///< The server answered an iq with an error; the code travels beside it.
  not_found,  ///< The thing asked for does not exist.
  // Storage
  store_unavailable,  ///< The store did not answer.
  store_full,         ///< The store refuses writes for lack of memory.
  stale_token,        ///< The lease is missing, expired or another's: this write was refused.
  stale_version,      ///< The state moved on since it was read.
  state_rolled_back,  ///< The state is older than one seen before.
  lease_busy,         ///< Another worker holds the lease.
  lease_lost,         ///< We held it; it can no longer be renewed in time.
  store_refused,      ///< The store answered with an error: wrong password, no permission, or not our data.
  // Kafka
  kafka_unavailable,  ///< No broker answered in time.
  kafka_refused,      ///< The broker refused the record for good.
  kafka_queue_full,   ///< Too many records wait for the broker: wait for completions.
  // Input
  invalid_argument,  ///< A caller's value breaks a documented rule.
};

const boost::system::error_category& errc_category() noexcept;
inline boost::system::error_code make_error_code(Errc e) noexcept {
  return {static_cast<int>(e), errc_category()};
}

}  // namespace linekeeper

template <>
struct boost::system::is_error_code_enum<linekeeper::Errc> : std::true_type {};
