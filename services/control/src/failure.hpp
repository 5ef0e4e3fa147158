#pragma once

#include <optional>
#include <string>
#include <variant>

#include "linekeeper/base/result.hpp"
#include "linekeeper/v1/error.pb.h"

namespace linekeeper::control {

/// The canonical statuses of RPC, by gRPC's numbers; HTTP's follow from them.
enum class Kind {
  ok = 0,
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  aborted = 10,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  unauthenticated = 16,
};

/// Why a call has no answer: our stable code, a sentence with what to do, and the command that it leaves behind.
struct Failure {
  v1::ErrorCode code = v1::INTERNAL;
  std::string message;  ///< No secret in it.
  std::string detail;   ///< A refinement of the code, in snake_case.
  std::string command_id;

  Failure() = default;
  /// With the code's own sentence.
  explicit Failure(v1::ErrorCode code, std::string detail = {});
  /// As an event or a rejected command says it.
  explicit Failure(const v1::Error& error);
  Failure of(std::string command) && {
    command_id = std::move(command);
    return std::move(*this);
  }
};

template <typename T>
using Answer = std::variant<T, Failure>;

Kind kind_of(v1::ErrorCode code) noexcept;
unsigned http_status_of(Kind kind) noexcept;

/// What an error of the stores means to a caller.
Failure store_failure(const error_code& error);

}  // namespace linekeeper::control
