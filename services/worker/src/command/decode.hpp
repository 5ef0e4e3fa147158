#pragma once

#include <string>
#include <variant>

#include "command/command.hpp"
#include "linekeeper/v1/error.pb.h"

namespace linekeeper::worker {

/// A record that can never succeed, and as much of it as could be read.
struct Rejection {
  v1::ErrorCode code = v1::MALFORMED_COMMAND;
  std::string detail;
  std::string session_id;  ///< Empty if it could not be read.
  std::string command_id;
};

struct DecodeRules {
  std::string default_country;
  std::size_t most_record = 1024 * 1024;
  std::size_t most_text = 64 * 1024;
};

/// Where a forwarded record came from first: "<topic>/<partition>/<offset>/<timestamp>".
inline constexpr std::string_view kOriginHeader = "linekeeper-origin";
std::string origin_header(const auth::CommandOrigin& origin);

/// Reads a record of a command topic. Protobuf, or JSON if its content-type header says application/json. A pure
/// function of the record: nothing in it is trusted, and its text is never part of a rejection.
std::variant<Command, Rejection> decode(const kafka::Record& record, auth::CommandKind kind, const DecodeRules& rules);

}  // namespace linekeeper::worker
