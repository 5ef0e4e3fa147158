#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "command/command.hpp"
#include "linekeeper/auth/command_ledger.hpp"
#include "linekeeper/net/awaitable.hpp"
#include "linekeeper/v1/event.pb.h"

namespace linekeeper::worker {

/// A pair, reset or line command on its way to its outcome.
struct ControlJob {
  Command command;
  auth::LedgerRecord record;
  auth::WaitClock wait;
  std::uint64_t order = 0;  ///< 0: found in the ledger.
};
using ControlJobPtr = std::shared_ptr<ControlJob>;

/// How such a command ends.
struct ControlAnswer {
  v1::CommandOutcome outcome = v1::COMMAND_OUTCOME_DONE;
  v1::ErrorCode code = v1::ERROR_CODE_UNSPECIFIED;
  std::string detail;
  std::vector<v1::NumberCheck> numbers;  ///< LINE_ACTION_CHECK_NUMBERS.
};

inline ControlAnswer done(v1::ErrorCode code = v1::ERROR_CODE_UNSPECIFIED, std::string detail = {}) {
  return {v1::COMMAND_OUTCOME_DONE, code, std::move(detail), {}};
}
inline ControlAnswer failed(v1::ErrorCode code, std::string detail = {}) {
  return {v1::COMMAND_OUTCOME_FAILED, code, std::move(detail), {}};
}

/// Stores and publishes the answer. Returns when that is done, or is somebody else's to do.
using Conclude = std::function<awaitable<void>(ControlJobPtr, ControlAnswer)>;

}  // namespace linekeeper::worker
