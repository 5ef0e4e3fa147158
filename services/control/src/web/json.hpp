#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "failure.hpp"
#include "linekeeper/http/message.hpp"

namespace linekeeper::control {

/// Protobuf's JSON mapping, on one line.
std::string to_json(const google::protobuf::Message& message);
/// Into a message that may hold something already. An empty body is an empty message. Errors: INVALID_REQUEST, `json`.
std::optional<Failure> from_json(std::string_view text, google::protobuf::Message& message);

http::Response json_response(const google::protobuf::Message& message, unsigned status = 200);
/// {"error": {"code", "message", "detail", "commandId"}} with the status that follows from the code.
http::Response error_response(const Failure& failure);
http::Response error_response(const Failure& failure, unsigned status);

}  // namespace linekeeper::control
