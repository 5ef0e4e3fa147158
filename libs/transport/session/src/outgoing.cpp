#include "linekeeper/session/outgoing.hpp"

namespace linekeeper::transport {

std::string_view name(SendOutcome outcome) noexcept {
  switch (outcome) {
    case SendOutcome::accepted: return "accepted";
    case SendOutcome::not_connected: return "not_connected";
    case SendOutcome::busy: return "busy";
    case SendOutcome::unconfirmed: return "unconfirmed";
    case SendOutcome::recipient_unknown: return "recipient_unknown";
    case SendOutcome::no_device: return "no_device";
    case SendOutcome::refused: return "refused";
    case SendOutcome::malformed: return "malformed";
    case SendOutcome::rate_limited: return "rate_limited";
    case SendOutcome::restricted: return "restricted";
    case SendOutcome::server_trouble: return "server_trouble";
    case SendOutcome::invalid: return "invalid";
    case SendOutcome::commit_failed: return "commit_failed";
  }
  return "unknown";
}

}  // namespace linekeeper::transport
