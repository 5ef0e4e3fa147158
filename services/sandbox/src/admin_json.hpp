#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "conditions.hpp"
#include "linekeeper/http/message.hpp"

namespace linekeeper::sandbox {

http::Response answer_json(const nlohmann::json& what, unsigned status = 200);
/// `{"error": why}`.
http::Response refuse(unsigned status, const std::string& why);

/// The body as an object; an empty body is an empty one. Nothing if it is anything else.
std::optional<nlohmann::json> object_of(const http::Request& request);

/// A member that is a string or a number, as text. Nothing if it is absent or something else.
std::optional<std::string> text_of(const nlohmann::json& object, const char* name);

/// `phone`, `device`, `connection`, `count`, `text`, … of a query. Nothing if a number is none.
std::optional<Condition> condition_of(const http::Request& request);

/// "10s", "500ms" or plain seconds. Nothing for anything else.
std::optional<std::chrono::milliseconds> duration_of(std::string_view text);

}  // namespace linekeeper::sandbox
