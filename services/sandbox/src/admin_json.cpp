#include "admin_json.hpp"

#include <charconv>

namespace linekeeper::sandbox {

using nlohmann::json;

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

http::Response answer_json(const json& what, unsigned status) {
  return http::Response::json(status, what.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

http::Response refuse(unsigned status, const std::string& why) {
  return answer_json({{"error", why}}, status);
}

std::optional<json> object_of(const http::Request& request) {
  if (request.body.empty()) return json::object();
  json body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return std::nullopt;
  return body;
}

std::optional<std::string> text_of(const json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end()) return std::nullopt;
  if (at->is_string()) return at->get<std::string>();
  if (at->is_number_integer() || at->is_boolean()) return at->dump();
  return std::nullopt;
}

std::optional<Condition> condition_of(const http::Request& request) {
  Condition out;
  const auto text = [&](const char* name) { return std::string(request.parameter(name).value_or("")); };
  out.until = text("until");
  out.phone = text("phone");
  out.text = text("text");
  out.tag = text("tag");
  out.id = text("id");
  out.type = text("type");
  out.child = text("child");
  out.direction = text("direction");
  for (const char* name : {"device", "connection", "count", "since"}) {
    const auto given = request.parameter(name);
    if (!given) continue;
    const auto value = number(*given);
    if (!value) return std::nullopt;
    const std::string_view which(name);
    if (which == "device") out.device = static_cast<int>(std::min<std::uint64_t>(*value, 0xffff));
    if (which == "connection") out.connection = value;
    if (which == "count") out.count = *value;
    if (which == "since") out.since = *value;
  }
  return out;
}

std::optional<std::chrono::milliseconds> duration_of(std::string_view text) {
  std::uint64_t unit = 1000;
  if (text.ends_with("ms")) {
    unit = 1;
    text.remove_suffix(2);
  } else if (text.ends_with("s")) {
    text.remove_suffix(1);
  }
  const auto value = number(text);
  if (!value || *value > 3'600'000) return std::nullopt;
  return std::chrono::milliseconds(*value * unit);
}

}  // namespace linekeeper::sandbox
