#include "admin_api.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "admin_json.hpp"

namespace linekeeper::sandbox {

using nlohmann::json;

namespace {

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    if (path.front() == '/') {
      path.remove_prefix(1);
      continue;
    }
    const auto end = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return parts;
}

}  // namespace

AdminApi::AdminApi(Port& port, MediaStore& media, Settings settings)
    : port_(port), media_(media), settings_(std::move(settings)) {}

AdminApi::~AdminApi() {
  slow_.stop();
  slow_.join();
}

const std::vector<AdminApi::Route>& AdminApi::routes() {
  using A = AdminApi;
  static const std::vector<Route> table{
      {"GET", "/admin", &A::list_calls, "this list"},
      {"GET", "/admin/noise-root", &A::noise_root, "hex of the key that the server's Noise certificates lead to"},
      {"GET", "/admin/tls-certificate", &A::tls_certificate, "the TLS certificate as PEM, for clients that verify"},
      {"POST", "/admin/mock-phone/scan-qr", &A::scan,
       "body: the QR's text; ?phone=NUMBER chooses the phone, else the one with the client's push name or a new one"},
      {"POST", "/admin/mock-phone/enter-code", &A::enter, R"(body: {"code": "ABCD-1234", "phone"?: NUMBER})"},
      {"GET", "/admin/phones", &A::list_phones, "all phones"},
      {"POST", "/admin/phones", &A::create_phone, R"(body: {"phone"?: NUMBER, "name"?: TEXT, "restricted"?: BOOL})"},
      {"GET", "/admin/phones/*", &A::show_phone, "one phone"},
      {"POST", "/admin/phones/*/send", &A::send_text,
       R"(body: {"to": NUMBER or JID, "text": TEXT}; answers the message's id)"},
      {"GET", "/admin/phones/*/messages", &A::show_messages, "what the phone received, decrypted; ?since=NUMBER"},
      {"GET", "/admin/phones/*/sent", &A::show_sent, "what the phone sent, with receipts counted"},
      {"POST", "/admin/phones/*/read", &A::read_all, "reads everything: the authors get read receipts"},
      {"DELETE", "/admin/phones/*/devices/*", &A::remove, "unlinks a device: it is told and gets 401 from then on"},
      {"GET", "/admin/devices", &A::list_devices, "linked devices with queue, keys and counters; ?phone="},
      {"GET", "/admin/connections", &A::list_connections, "live connections"},
      {"POST", "/admin/end", &A::end_connections,
       R"(body: {"how": "drop"|"close"|"stream-error"|"replaced"|"logged-out", "code"?: N, "phone"?, "device"?, "connection"?}; nobody named: everybody)"},
      {"POST", "/admin/freeze", &A::freeze,
       R"(body: {"for": "5s", "reading"?: true, "writing"?: true, "phone"?, "device"?, "connection"?})"},
      {"GET", "/admin/journal", &A::journal,
       "last stanzas, tags and ids only: ?phone=&device= or ?connection=, filters tag, id, type, child, direction, "
       "since"},
      {"GET", "/admin/counters", &A::counters, "sums over everything"},
      {"GET", "/admin/wait", &A::wait, "answers once ?until= holds, or 408 after ?timeout= (10s)"},
      {"GET", "/admin/faults", &A::list_faults, "faults in force and the kinds there are"},
      {"POST", "/admin/faults", &A::add_fault,
       R"(body: {"kind": …, "times"?: N, "phone"?, "device"?, "connection"?, parameters})"},
      {"DELETE", "/admin/faults", &A::clear_faults, "no more faults"},
      {"DELETE", "/admin/faults/*", &A::remove_fault, "one less"},
      {"PUT", "/admin/clock", &A::set_clock, R"(body: {"skew_seconds": N}: what clients are told of the time)"},
      {"POST", "/admin/noise-key", &A::renew_noise_key, "a new static Noise key under the same root"},
      {"DELETE", "/admin/media", &A::clear_media, "forgets all uploaded media"},
  };
  return table;
}

awaitable<http::Response> AdminApi::answer(http::Request request) {
  if (!settings_.token.reveal().empty()) {
    const std::string expected = "Bearer " + settings_.token.reveal();
    const auto given = request.header("Authorization").value_or("");
    if (!equal_constant_time(as_bytes(given), as_bytes(expected)))
      co_return refuse(401, "this needs the header 'Authorization: Bearer …' with the admin-token");
  }
  const auto asked = parts_of(request.path);
  bool other_method = false;
  for (const Route& route : routes()) {
    const auto pattern = parts_of(route.path);
    if (pattern.size() != asked.size()) continue;
    Call call;
    bool fits = true;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (pattern[i] == "*")
        call.path.emplace_back(asked[i]);
      else
        fits = fits && pattern[i] == asked[i];
    }
    if (!fits) continue;
    if (route.method != request.method) {
      other_method = true;
      continue;
    }
    call.request = std::move(request);
    const Action action = route.action;
    auto response = co_await (this->*action)(std::move(call));
    port_.arm();
    co_return response;
  }
  if (other_method) co_return refuse(405, "this path takes another method; GET /admin lists all calls");
  co_return refuse(404, "there is no such call; GET /admin lists them");
}

awaitable<http::Response> AdminApi::list_calls(Call) {
  json calls = json::array();
  for (const Route& route : routes())
    calls.push_back({{"method", route.method}, {"path", route.path}, {"help", route.help}});
  json waits = json::object();
  for (const auto& [name, meaning] : conditions())
    waits[std::string(name)] = meaning;
  co_return answer_json({{"program", "linekeeper-sandbox"}, {"calls", calls}, {"conditions", waits}});
}

awaitable<http::Response> AdminApi::noise_root(Call) {
  co_return http::Response::text(200, to_hex(port_.keys().root()) + "\n");
}

awaitable<http::Response> AdminApi::tls_certificate(Call) {
  co_return http::Response::text(200, settings_.tls_certificate);
}

awaitable<http::Response> AdminApi::wait(Call call) {
  const auto condition = condition_of(call.request);
  const auto timeout = duration_of(call.request.parameter("timeout").value_or("10s"));
  if (!condition || !timeout)
    co_return refuse(400, "device, connection, count and since are numbers, timeout is like 10s");
  const auto deadline = std::chrono::steady_clock::now() + *timeout;
  const auto executor = co_await asio::this_coro::executor;
  boost::asio::steady_timer timer(executor);
  for (;;) {
    std::string why;
    const auto met = check(core(), *condition, why);
    if (!why.empty()) co_return refuse(400, why);
    if (met) co_return answer_json(*met);
    if (std::chrono::steady_clock::now() >= deadline)
      co_return refuse(408, "'" + condition->until + "' did not come true in time");
    timer.expires_after(std::chrono::milliseconds(10));
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

}  // namespace linekeeper::sandbox
