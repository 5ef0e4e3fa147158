#include "web/json.hpp"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>

namespace linekeeper::control {

std::string to_json(const google::protobuf::Message& message) {
  std::string text;
  // Our own messages always print: their strings are UTF-8 by construction.
  (void)google::protobuf::util::MessageToJsonString(message, &text);
  return text;
}

std::optional<Failure> from_json(std::string_view text, google::protobuf::Message& message) {
  if (text.empty()) return std::nullopt;
  const auto parsed = google::protobuf::util::JsonStringToMessage(std::string(text), &message);
  if (parsed.ok()) return std::nullopt;
  Failure failure(v1::INVALID_REQUEST, "json");
  failure.message = "The body is not JSON of this request's form; fields are named as in the OpenAPI document.";
  return failure;
}

http::Response json_response(const google::protobuf::Message& message, unsigned status) {
  return http::Response::json(status, to_json(message) + "\n");
}

http::Response error_response(const Failure& failure) {
  return error_response(failure, http_status_of(kind_of(failure.code)));
}

http::Response error_response(const Failure& failure, unsigned status) {
  nlohmann::json error = {{"code", v1::ErrorCode_Name(failure.code)}, {"message", failure.message}};
  if (!failure.detail.empty()) error["detail"] = failure.detail;
  if (!failure.command_id.empty()) error["commandId"] = failure.command_id;
  const nlohmann::json body = {{"error", std::move(error)}};
  return http::Response::json(status, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace linekeeper::control
