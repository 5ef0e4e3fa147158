#pragma once

#include "linekeeper/auth/command_ledger.hpp"
#include "linekeeper/auth/line_head.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/lifecycle/lifecycle.hpp"

namespace linekeeper::contract {

/// The server wants no messages for a while.
struct SendPause {
  v1::ErrorCode code = v1::ERROR_CODE_UNSPECIFIED;
  auth::UnixMs until_ms = 0;  ///< Wall clock, so that it means the same to the next holder.
  bool on(auth::UnixMs now) const noexcept { return now < until_ms; }
  friend bool operator==(const SendPause&, const SendPause&) = default;
};

/// What is paused, as it is stored with a line.
struct SendPauses {
  SendPause all;             ///< RATE_LIMITED: nothing of this line goes out.
  SendPause first_contacts;  ///< ACCOUNT_RESTRICTED: nothing to people without earlier contact.
};

/// What is stored of a line beside its sealed fields: where it stands and what was done to it.
struct LineRecord {
  auth::UnixMs since_ms = 0;
  auth::UnixMs reset_at_ms = 0;        ///< Origin timestamp of the last reset done; 0: never.
  auth::UnixMs credentials_at_ms = 0;  ///< Origin timestamp of the pair command that made the credentials.
  std::string number_tag;              ///< Keyed hash of the number the credentials are for.
  auth::UnixMs purged_at_ms = 0;       ///< Records of commands older than this are cut down once published.
  SendPauses pauses;
  bool rolled_back = false;  ///< The state went back in time, and no login has dealt with it yet.
  std::string took_from;     ///< Whose number this session took over and who was not told yet.

  auth::Barriers barriers() const;
};

/// From the head of a line. `registered` is not part of it. Errors: `malformed_value`, `unsupported_version`.
Result<lifecycle::Stored> read_line(const auth::LineHead& head, LineRecord& record);

Bytes write_status(const lifecycle::Lifecycle& lifecycle, const LineRecord& record);
Bytes write_desired(lifecycle::Desired desired);

}  // namespace linekeeper::contract
