#include "web/gateway.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "setup.hpp"
#include "web/json.hpp"
#include "web/openapi.hpp"
#include "web/page.hpp"
#include "web/target.hpp"

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;

constexpr auto kWait = 30s;
constexpr auto kWaitAtMost = 60s;

http::Response not_allowed(std::string allowed) {
  Failure failure(v1::INVALID_REQUEST, "method");
  http::Response response = error_response(failure, 405);
  response.headers.push_back({"Allow", std::move(allowed)});
  return response;
}

http::Response not_found() {
  return error_response(Failure(v1::INVALID_REQUEST, "path"), 404);
}

/// The host of a Host header or an origin, without port and brackets.
std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.rfind(':'));
}

/// A browser that another site's page sends to us: its requests carry that site's origin, or reach us under its name.
std::optional<Failure> cross_site(const http::Request& request, bool open_to_all) {
  const std::string_view host = request.header("Host").value_or("");
  // Without credentials the name is all that tells a page of ours from one that points its own name at us.
  if (open_to_all && !is_loopback(host_of(host))) return Failure(v1::ACCESS_DENIED, "host");
  const auto origin = request.header("Origin");
  if (!origin) return std::nullopt;
  const auto slashes = origin->find("://");
  const bool ours = slashes != std::string_view::npos && origin->substr(slashes + 3) == host;
  return ours ? std::nullopt : std::optional(Failure(v1::ACCESS_DENIED, "origin"));
}

std::string address_of(const std::string& remote) {
  return remote.substr(0, remote.rfind(':'));
}

bool is_health(std::string_view path) {
  return path == "/healthz" || path == "/readyz" || path == "/health" || path == "/metrics";
}

/// Neither a proxy nor a browser keeps what a session says, QRs least of all; nor guesses what it is.
void harden(http::Response& response) {
  if (!response.header("Cache-Control")) response.headers.push_back({"Cache-Control", "no-store"});
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
}

}  // namespace

std::chrono::milliseconds wait_of(const http::Request& request) {
  const auto text = request.parameter("wait");
  if (!text) return kWait;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text->data() + text->size() - end));
  if (error != std::errc() || (unit != "" && unit != "s" && unit != "ms")) return kWait;
  const auto wait = unit == "ms" ? std::chrono::milliseconds(number) : std::chrono::milliseconds(number) * 1000;
  return std::min<std::chrono::milliseconds>(wait, kWaitAtMost);
}

http::Response change_response(const Failure& failure, const std::string& session) {
  if (failure.code != v1::OUTCOME_PENDING || failure.command_id.empty()) return error_response(failure);
  v1::Command command;
  command.set_session_id(session);
  command.set_command_id(failure.command_id);
  command.set_state(v1::COMMAND_STATE_WAITING);
  http::Response response = json_response(command, 202);
  response.headers.push_back(
      {"Location", "/v1/sessions/" + escaped(session) + "/commands/" + escaped(failure.command_id)});
  return response;
}

awaitable<http::Response> Gateway::answer(http::Request request) {
  if (is_health(request.path)) {
    auto response = co_await answer_health(std::move(request), health_, metrics_);
    co_return std::move(response);
  }
  if (auto page = answer_page(request)) co_return *std::move(page);
  const auto segments = segments_of(request.target);
  if (!segments || segments->empty() || segments->front() != "v1") co_return not_found();
  if (auto denied = cross_site(request, gate_.open_to_all())) {
    http::Response response = error_response(*denied);
    harden(response);
    co_return std::move(response);
  }
  Presented presented{address_of(request.remote), std::string(request.header("Authorization").value_or("")),
                      request.certificate};
  auto caller = gate_.identify(presented, std::chrono::steady_clock::now(), std::chrono::system_clock::now());
  if (auto* refused = std::get_if<Failure>(&caller)) {
    audit_.counted("HTTP", *refused);
    http::Response response = error_response(*refused);
    if (response.status == 401) response.headers.push_back({"WWW-Authenticate", "Bearer"});
    harden(response);
    co_return std::move(response);
  }
  WebRequest asked;
  asked.path.assign(segments->begin() + 1, segments->end());
  asked.call.caller = std::get<Caller>(std::move(caller));
  asked.call.remote = std::move(presented.remote);
  asked.call.deadline = net::Deadline::after(wait_of(request));
  asked.call.traceparent = std::string(request.header("traceparent").value_or(""));
  asked.http = std::move(request);
  auto response = co_await route(std::move(asked));
  harden(response);
  co_return std::move(response);
}

awaitable<http::Response> Gateway::route(WebRequest request) {
  const auto& path = request.path;
  const bool get = request.is("GET") || request.is("HEAD");
  http::Response response = not_found();
  if (path.size() == 1 && path[0] == "openapi.json") {
    response = get ? http::Response::json(200, std::string(kOpenApi)) : not_allowed("GET");
  } else if (path.size() == 1 && path[0] == "watch") {
    response = get ? watch(std::move(request)) : not_allowed("GET");
  } else if (path.size() == 1 && path[0] == "format-phone") {
    response = get ? compat_format_phone(request) : not_allowed("GET");
  } else if (path.size() == 2 && path[0] == "webhook" && path[1] == "stats") {
    response = get ? webhook_stats(request) : not_allowed("GET");
  } else if (path.size() == 1 && path[0] == "sessions") {
    if (get) {
      response = co_await list(std::move(request));
    } else if (request.is("POST")) {
      response = co_await compat_create(std::move(request));
    } else {
      response = not_allowed("GET, POST");
    }
  } else if (path.size() >= 2 && path[0] == "sessions") {
    response = co_await route_session(std::move(request));
  }
  co_return std::move(response);
}

awaitable<http::Response> Gateway::route_session(WebRequest request) {
  const auto& path = request.path;
  const bool get = request.is("GET") || request.is("HEAD");
  const std::string what = path.size() > 2 ? path[2] : "";
  http::Response response = not_found();
  if (path.size() == 2) {
    if (get) {
      response = co_await get_session(std::move(request));
    } else if (request.is("DELETE")) {
      response = co_await compat_delete(std::move(request));
    } else {
      response = not_allowed("GET, DELETE");
    }
  } else if (path.size() == 4 && what == "commands") {
    if (!get) co_return not_allowed("GET");
    response = co_await get_command(std::move(request));
  } else if (path.size() == 4 && what == "credentials" && path[3] == "status") {
    if (!get) co_return not_allowed("GET");
    response = co_await compat_credentials_status(std::move(request));
  } else if (path.size() == 3 && what == "credentials") {
    if (get) {
      response = co_await credentials(std::move(request));
    } else if (request.is("DELETE")) {
      response = co_await compat_reset(std::move(request));
    } else {
      response = not_allowed("GET, DELETE");
    }
  } else if (path.size() == 3 && (what == "status" || what == "qr" || what == "qr-page" || what == "watch")) {
    if (!get) co_return not_allowed("GET");
    if (what == "status") response = co_await compat_status(std::move(request));
    if (what == "qr") response = co_await qr(std::move(request));
    if (what == "qr-page") response = co_await qr_page(std::move(request));
    if (what == "watch") response = watch(std::move(request));
  } else if (path.size() == 3) {
    response = co_await dispatch_post(std::move(request), what);
  }
  co_return std::move(response);
}

awaitable<http::Response> Gateway::dispatch_post(WebRequest request, std::string verb) {
  constexpr std::string_view kVerbs[] = {"pair",    "connect", "disconnect", "logout", "reset-credentials", "messages",
                                         "numbers", "restart", "reconnect",  "reset",  "regenerate-qr"};
  if (std::ranges::find(kVerbs, verb) == std::end(kVerbs)) co_return not_found();
  if (!request.is("POST")) co_return not_allowed("POST");
  const std::string_view type = request.http.header("Content-Type").value_or("application/json");
  if (!request.http.body.empty() && !type.starts_with("application/json"))
    co_return error_response(Failure(v1::INVALID_REQUEST, "content_type"), 415);
  http::Response response;
  if (verb == "pair") {
    response = co_await pair(std::move(request));
  } else if (verb == "messages") {
    response = co_await send(std::move(request));
  } else if (verb == "numbers") {
    response = co_await check_numbers(std::move(request));
  } else if (verb == "reset-credentials") {
    response = co_await reset(std::move(request));
  } else if (verb == "restart") {
    response = co_await compat_restart(std::move(request));
  } else if (verb == "reconnect") {
    response = co_await compat_reconnect(std::move(request));
  } else if (verb == "reset") {
    response = co_await compat_reset(std::move(request));
  } else if (verb == "regenerate-qr") {
    response = co_await compat_regenerate_qr(std::move(request));
  } else {
    response = co_await line_action(std::move(request), std::move(verb));
  }
  co_return std::move(response);
}

}  // namespace linekeeper::control
