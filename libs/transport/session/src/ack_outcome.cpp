#include "ack_outcome.hpp"

namespace linekeeper::transport {

// 400 malformed or wrong addressing; 401, 403, 405 not allowed; 404, 406 not found; 408, 5xx server trouble; 420 seen
// for groups; 421 stale group addressing; 429 rate limit; 463 new chats are blocked, and every retry makes that worse;
// 475 in no public source; 479 refused by schema, or a stale device session.
SendOutcome outcome_of(int code) noexcept {
  switch (code) {
    case 400:
    case 479: return SendOutcome::malformed;
    case 408: return SendOutcome::server_trouble;
    case 429: return SendOutcome::rate_limited;
    case 463: return SendOutcome::restricted;
    default: break;
  }
  if (code >= 500) return SendOutcome::server_trouble;
  return SendOutcome::refused;
}

bool may_be_stale(int code) noexcept {
  return code == 400 || code == 479;
}

}  // namespace linekeeper::transport
