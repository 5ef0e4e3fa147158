#pragma once

#include <string>
#include <variant>

#include "linekeeper/kafka/record.hpp"
#include "linekeeper/v1/event.pb.h"

namespace linekeeper::control {

/// A command that a worker refused to read.
struct Rejected {
  std::string session_id;
  std::string command_id;
  v1::Error error;
};

/// What a record of an events topic or of commands.rejected says; monostate if it does not parse.
using Heard = std::variant<std::monostate, v1::ConnectionEvent, v1::MessageEvent, Rejected>;

/// The topics a replica reads, by the index in which the tail gives them.
enum class Source : std::uint16_t { connection = 0, message = 1, rejected = 2 };

/// Protobuf, or JSON where the content-type header says so: workers write either.
Heard hear(const kafka::Record& record);

}  // namespace linekeeper::control
