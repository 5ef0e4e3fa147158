#pragma once

#include <string>
#include <variant>

#include "linekeeper/auth/command_ledger.hpp"
#include "linekeeper/kafka/record.hpp"
#include "linekeeper/v1/command.pb.h"

namespace linekeeper::worker {

/// A command that was read, decoded and found in order; what is left is to do it.
struct Command {
  std::string session_id;
  auth::IncomingCommand head;  ///< Id, kind, digest, origin, not_after.
  std::variant<v1::PairCommand, v1::ResetCommand, v1::LineCommand, v1::SendCommand> body;
  std::string traceparent;  ///< As it came; may be empty.
  kafka::Ticket ticket;     ///< To be given back once the offset may advance.
};

}  // namespace linekeeper::worker
