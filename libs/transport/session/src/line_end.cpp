#include "linekeeper/session/line_end.hpp"

namespace linekeeper::transport {

std::string_view name(EndReason reason) noexcept {
  switch (reason) {
    case EndReason::closed_by_owner: return "closed_by_owner";
    case EndReason::own_logout: return "own_logout";
    case EndReason::needs_pairing: return "needs_pairing";
    case EndReason::store_failed: return "store_failed";
    case EndReason::internal: return "internal";
    case EndReason::network: return "network";
    case EndReason::certificate_invalid: return "certificate_invalid";
    case EndReason::service_unavailable: return "service_unavailable";
    case EndReason::rate_limited: return "rate_limited";
    case EndReason::stream_desync: return "stream_desync";
    case EndReason::restart_required: return "restart_required";
    case EndReason::connect_refused: return "connect_refused";
    case EndReason::logged_out: return "logged_out";
    case EndReason::account_locked: return "account_locked";
    case EndReason::banned: return "banned";
    case EndReason::conflict: return "conflict";
    case EndReason::credentials_conflict: return "credentials_conflict";
    case EndReason::client_outdated: return "client_outdated";
    case EndReason::qr_expired: return "qr_expired";
    case EndReason::pairing_timeout: return "pairing_timeout";
    case EndReason::pairing_failed: return "pairing_failed";
    case EndReason::invalid_phone: return "invalid_phone";
    case EndReason::bad_request: return "bad_request";
    case EndReason::forbidden: return "forbidden";
    case EndReason::feature_unavailable: return "feature_unavailable";
    case EndReason::passkey_required: return "passkey_required";
  }
  return "unknown";
}

}  // namespace linekeeper::transport
