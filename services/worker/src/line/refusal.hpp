#pragma once

#include "linekeeper/auth/command_ledger.hpp"
#include "linekeeper/v1/error.pb.h"

namespace linekeeper::worker {

/// The code by which users know why the ledger refuses or ends a command.
inline v1::ErrorCode code_of(auth::LedgerDecision::Refusal refusal) noexcept {
  switch (refusal) {
    case auth::LedgerDecision::Refusal::none: return v1::ERROR_CODE_UNSPECIFIED;
    case auth::LedgerDecision::Refusal::reused: return v1::COMMAND_ID_REUSED;
    case auth::LedgerDecision::Refusal::expired: return v1::EXPIRED;
    case auth::LedgerDecision::Refusal::superseded: return v1::SUPERSEDED;
    case auth::LedgerDecision::Refusal::unknown: return v1::UNKNOWN_OUTCOME;
  }
  return v1::INTERNAL;
}

}  // namespace linekeeper::worker
