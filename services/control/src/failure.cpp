#include "failure.hpp"

#include "linekeeper/base/errc.hpp"
#include "linekeeper/contract/sentence.hpp"

namespace linekeeper::control {

Failure::Failure(v1::ErrorCode why, std::string refinement)
    : code(why), message(contract::sentence(why)), detail(std::move(refinement)) {}

Failure::Failure(const v1::Error& error) : code(error.code()), message(error.message()), detail(error.detail()) {
  if (message.empty()) message = contract::sentence(code);
}

Kind kind_of(v1::ErrorCode code) noexcept {
  switch (code) {
    case v1::ERROR_CODE_UNSPECIFIED: return Kind::ok;
    case v1::MALFORMED_COMMAND:
    case v1::MISSING_SESSION_ID:
    case v1::INVALID_COMMAND_ID:
    case v1::INVALID_PHONE:
    case v1::TEXT_TOO_LONG:
    case v1::EMPTY_CONTENT:
    case v1::COMMAND_TOO_LARGE:
    case v1::INVALID_REQUEST: return Kind::invalid_argument;
    case v1::COMMAND_ID_REUSED: return Kind::already_exists;
    case v1::UNSUPPORTED_CONTENT:
    case v1::UNSUPPORTED_COMMAND: return Kind::unimplemented;
    case v1::EXPIRED:
    case v1::SUPERSEDED:
    case v1::QR_EXPIRED:
    case v1::PAIRING_TIMEOUT: return Kind::aborted;
    case v1::LINE_BACKLOG_FULL:
    case v1::RATE_LIMITED:
    case v1::TOO_MANY_FAILURES: return Kind::resource_exhausted;
    case v1::UNKNOWN_OUTCOME: return Kind::unknown;
    case v1::SERVICE_UNAVAILABLE:
    case v1::NETWORK:
    case v1::STREAM_DESYNC:
    case v1::RESTART_REQUIRED:
    case v1::STORE_UNAVAILABLE:
    case v1::STORE_FULL:
    case v1::KAFKA_UNAVAILABLE:
    case v1::TOPIC_MISSING:
    case v1::TOPIC_PARTITIONS_DIFFER:
    case v1::LEASE_LOST: return Kind::unavailable;
    case v1::UNAUTHENTICATED: return Kind::unauthenticated;
    case v1::ACCESS_DENIED: return Kind::permission_denied;
    case v1::SESSION_UNKNOWN:
    case v1::COMMAND_UNKNOWN: return Kind::not_found;
    case v1::OUTCOME_PENDING: return Kind::deadline_exceeded;
    case v1::INTERNAL: return Kind::internal;
    default: return Kind::failed_precondition;  // The line or the world is not so that this could be done.
  }
}

unsigned http_status_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::ok: return 200;
    case Kind::cancelled: return 499;
    case Kind::invalid_argument: return 400;
    case Kind::deadline_exceeded: return 504;
    case Kind::not_found: return 404;
    case Kind::already_exists:
    case Kind::failed_precondition:
    case Kind::aborted: return 409;
    case Kind::permission_denied: return 403;
    case Kind::resource_exhausted: return 429;
    case Kind::unimplemented: return 501;
    case Kind::unavailable: return 503;
    case Kind::unauthenticated: return 401;
    case Kind::unknown:
    case Kind::internal: return 500;
  }
  return 500;
}

Failure store_failure(const error_code& error) {
  if (error == Errc::store_full) return Failure(v1::STORE_FULL);
  if (error == Errc::unknown_key || error == Errc::decrypt_failed || error == Errc::malformed_value ||
      error == Errc::unsupported_version)
    return Failure(v1::STATE_UNREADABLE);
  return Failure(v1::STORE_UNAVAILABLE);
}

}  // namespace linekeeper::control
