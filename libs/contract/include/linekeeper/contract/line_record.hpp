#pragma once

#include "linekeeper/auth/command_ledger.hpp"
#include "linekeeper/auth/line_head.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/lifecycle/lifecycle.hpp"

namespace linekeeper::contract {

/// What is stored of a line beside its sealed fields: where it stands and what was done to it.
struct LineRecord {
  auth::UnixMs since_ms = 0;
  auth::UnixMs reset_at_ms = 0;        ///< Origin timestamp of the last reset done; 0: never.
  auth::UnixMs credentials_at_ms = 0;  ///< Origin timestamp of the pair command that made the credentials.
  std::string number_tag;              ///< Keyed hash of the number the credentials are for.

  auth::Barriers barriers() const;
};

/// From the head of a line. `registered` is not part of it. Errors: `malformed_value`, `unsupported_version`.
Result<lifecycle::Stored> read_line(const auth::LineHead& head, LineRecord& record);

Bytes write_status(const lifecycle::Lifecycle& lifecycle, const LineRecord& record);
Bytes write_desired(lifecycle::Desired desired);

}  // namespace linekeeper::contract
