#include "line/send_outcome.hpp"

namespace linekeeper::worker {

SendVerdict verdict_of(transport::SendOutcome outcome) noexcept {
  using Kind = SendVerdict::Kind;
  using transport::SendOutcome;
  switch (outcome) {
    case SendOutcome::accepted: return {Kind::accepted};
    case SendOutcome::not_connected:
    case SendOutcome::commit_failed: return {Kind::again};
    case SendOutcome::busy:
    case SendOutcome::unconfirmed:
    case SendOutcome::server_trouble: return {Kind::again, v1::ERROR_CODE_UNSPECIFIED, true};
    case SendOutcome::rate_limited: return {Kind::again, v1::RATE_LIMITED, true, true};
    case SendOutcome::recipient_unknown:
    case SendOutcome::no_device: return {Kind::failed, v1::RECIPIENT_UNREACHABLE};
    case SendOutcome::refused:
    case SendOutcome::malformed: return {Kind::failed, v1::RECIPIENT_REFUSED};
    case SendOutcome::restricted: return {Kind::failed, v1::ACCOUNT_RESTRICTED};
    case SendOutcome::invalid: return {Kind::failed, v1::INVALID_PHONE};
  }
  return {Kind::failed, v1::INTERNAL};
}

}  // namespace linekeeper::worker
