#include "line/ending.hpp"

namespace linekeeper::worker {
namespace {

using lifecycle::Signal;
using transport::EndReason;

Signal signal_of(const transport::LineEnd& end) {
  switch (end.reason) {
    case EndReason::closed_by_owner:
    case EndReason::own_logout: return Signal::closed_by_us;
    case EndReason::needs_pairing: return Signal::credentials_corrupt;  // They were there when it was started.
    case EndReason::store_failed: return Signal::store_failed;
    case EndReason::internal:  // Logged as a defect by the caller; the line tries again.
    case EndReason::network: return Signal::network;
    case EndReason::certificate_invalid: return Signal::certificate_invalid;
    case EndReason::service_unavailable: return Signal::service_unavailable;
    case EndReason::rate_limited:
      return end.detail == "pairing_code" ? Signal::pairing_rate_limited : Signal::rate_limited;
    case EndReason::stream_desync: return Signal::stream_desync;
    case EndReason::restart_required: return Signal::restart_required;
    case EndReason::connect_refused: return Signal::login_refused;
    case EndReason::logged_out: return Signal::device_removed;
    case EndReason::account_locked: return Signal::account_locked;
    case EndReason::banned: return end.detail == "temporary" ? Signal::temporarily_banned : Signal::banned;
    case EndReason::conflict: return Signal::replaced;
    case EndReason::credentials_conflict:
      return end.detail == "corrupt" ? Signal::credentials_corrupt : Signal::number_mismatch;
    case EndReason::client_outdated: return Signal::client_outdated;
    case EndReason::qr_expired: return Signal::refs_used_up;
    case EndReason::pairing_timeout: return Signal::pairing_timed_out;
    case EndReason::pairing_failed: return Signal::pairing_failed;
    case EndReason::invalid_phone: return Signal::invalid_phone;
    case EndReason::bad_request: return Signal::bad_request;
    case EndReason::forbidden: return Signal::forbidden;
    case EndReason::feature_unavailable: return Signal::feature_unavailable;
    case EndReason::passkey_required: return Signal::passkey_required;
  }
  return Signal::network;
}

}  // namespace

lifecycle::Ending ending_of(const transport::LineEnd& end) {
  lifecycle::Ending ending;
  ending.signal = signal_of(end);
  ending.detail = end.detail;
  if (end.retry_after) ending.wait = *end.retry_after;
  return ending;
}

bool is_network(transport::EndReason reason) noexcept {
  return reason == EndReason::network || reason == EndReason::certificate_invalid ||
         reason == EndReason::service_unavailable;
}

}  // namespace linekeeper::worker
