#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace linekeeper::transport::message {

/// The id of a message that answers a command: the same for every attempt, so that recipients keep one copy however
/// often it is sent, and different for every other command. `3EB0` and 18 upper-case hex digits, the shape of web
/// clients: apps guess the kind of client from it. A pure function. `origin` is the timestamp of the record that
/// carried the command.
std::string derive_message_id(std::string_view session_id, std::string_view command_id,
                              std::chrono::milliseconds origin);

/// For messages that no command asked for.
std::string random_message_id();

}  // namespace linekeeper::transport::message
