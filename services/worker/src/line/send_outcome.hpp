#pragma once

#include "linekeeper/session/outgoing.hpp"
#include "linekeeper/v1/error.pb.h"

namespace linekeeper::worker {

/// What one attempt to send means for its command.
struct SendVerdict {
  enum class Kind {
    accepted,
    again,  ///< The same id and plaintext once more, when the line can.
    failed,
  };
  Kind kind;
  v1::ErrorCode code = v1::ERROR_CODE_UNSPECIFIED;  ///< `failed`.
  bool pause = false;                               ///< `again`: not at once.
  bool pause_line = false;                          ///< `again`: nothing of this line for minutes.
};

SendVerdict verdict_of(transport::SendOutcome outcome) noexcept;

}  // namespace linekeeper::worker
