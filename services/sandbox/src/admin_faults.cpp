#include <charconv>

#include "admin_api.hpp"
#include "admin_json.hpp"
#include "views.hpp"

namespace linekeeper::sandbox {

using nlohmann::json;

namespace {

std::optional<std::uint64_t> number_of(const json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end() || !at->is_number_unsigned()) return std::nullopt;
  return at->get<std::uint64_t>();
}

bool has_bad_number(const json& object) {
  for (const char* name : {"connection", "device", "times", "code"})
    if (object.contains(name) && !number_of(object, name)) return true;
  return false;
}

/// Whom a call means: everybody, unless it names a phone, a device or a connection.
Fault scope_of(const json& object) {
  Fault scope;
  scope.connection = number_of(object, "connection");
  scope.phone = text_of(object, "phone");
  if (const auto device = number_of(object, "device")) scope.device = static_cast<int>(*device);
  return scope;
}

constexpr const char* kNoObject = "the body must be an object, its numbers whole and not negative";

}  // namespace

awaitable<http::Response> AdminApi::end_connections(Call call) {
  const auto body = object_of(call.request);
  if (!body || has_bad_number(*body)) co_return refuse(400, kNoObject);
  const Fault scope = scope_of(*body);
  const auto matches = [&](const Line& line) { return scope.matches(Core::subject(line)); };
  const std::string how = text_of(*body, "how").value_or("drop");
  std::size_t count = 0;
  if (how == "drop" || how == "close") {
    for (const auto& [id, line] : core().lines) {
      if (!matches(line)) continue;
      if (how == "drop")
        port_.cut(id);
      else
        port_.close(id);
      ++count;
    }
  } else if (how == "stream-error") {
    count =
        port_.sandbox().end_all(stream_error(static_cast<unsigned>(number_of(*body, "code").value_or(503))), matches);
  } else if (how == "replaced") {
    count = port_.sandbox().end_all(conflict_error("replaced"), matches);
  } else if (how == "logged-out") {
    count = port_.sandbox().end_all(conflict_error("device_removed"), matches);
  } else {
    co_return refuse(400, "'how' is drop, close, stream-error, replaced or logged-out");
  }
  co_return answer_json({{"ended", count}});
}

awaitable<http::Response> AdminApi::freeze(Call call) {
  const auto body = object_of(call.request);
  if (!body || has_bad_number(*body)) co_return refuse(400, kNoObject);
  const auto length = duration_of(text_of(*body, "for").value_or(""));
  if (!length) co_return refuse(400, "'for' is a time like 5s or 500ms");
  const Fault scope = scope_of(*body);
  std::size_t count = 0;
  for (const auto& [id, line] : core().lines) {
    if (!scope.matches(Core::subject(line))) continue;
    port_.freeze(id, body->value("reading", true), body->value("writing", true), *length);
    ++count;
  }
  co_return answer_json({{"frozen", count}});
}

awaitable<http::Response> AdminApi::list_faults(Call) {
  json kinds = json::array();
  for (const FaultKind& kind : fault_kinds())
    kinds.push_back({{"kind", kind.name}, {"effect", kind.effect}, {"parameters", kind.parameters}});
  json faults = json::array();
  for (const Fault& fault : core().faults.all())
    faults.push_back(view(fault));
  co_return answer_json({{"faults", faults}, {"kinds", kinds}});
}

awaitable<http::Response> AdminApi::add_fault(Call call) {
  const auto body = object_of(call.request);
  if (!body || has_bad_number(*body)) co_return refuse(400, kNoObject);
  Fault fault = scope_of(*body);
  fault.kind = text_of(*body, "kind").value_or("");
  fault.times = number_of(*body, "times");
  for (const auto& [name, value] : body->items()) {
    if (name == "kind" || name == "times" || name == "phone" || name == "device" || name == "connection") continue;
    const auto text = text_of(*body, name.c_str());
    if (!text) co_return refuse(400, "'" + name + "' must be a text or a number");
    fault.parameters[name] = *text == "true" ? "on" : *text;
  }
  std::string why;
  const auto id = core().faults.add(std::move(fault), why);
  if (!id) co_return refuse(400, why + "; GET /admin/faults lists the kinds");
  co_return answer_json({{"id", *id}}, 201);
}

awaitable<http::Response> AdminApi::remove_fault(Call call) {
  std::uint64_t id = 0;
  const std::string& text = call.path[0];
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool number = error == std::errc() && rest == text.data() + text.size();
  if (!number || !core().faults.remove(id)) co_return refuse(404, "no such fault is in force");
  co_return answer_json({{"removed", id}});
}

awaitable<http::Response> AdminApi::clear_faults(Call) {
  co_return answer_json({{"removed", core().faults.clear()}});
}

awaitable<http::Response> AdminApi::set_clock(Call call) {
  const auto body = object_of(call.request);
  const auto at = body ? body->find("skew_seconds") : json::const_iterator();
  if (!body || at == body->end() || !at->is_number_integer())
    co_return refuse(400, R"(the body must be an object like {"skew_seconds": -3600})");
  core().settings.clock_skew_seconds = at->get<std::int64_t>();
  co_return answer_json({{"skew_seconds", core().settings.clock_skew_seconds}});
}

awaitable<http::Response> AdminApi::renew_noise_key(Call) {
  port_.keys().renew(core().now());
  co_return answer_json({{"noise_root", to_hex(port_.keys().root())}});
}

awaitable<http::Response> AdminApi::clear_media(Call) {
  media_.clear();
  co_return answer_json({{"blobs", 0}});
}

}  // namespace linekeeper::sandbox
