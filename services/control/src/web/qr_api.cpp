// The QR that is live, as a picture. Whoever scans it owns the link: only callers who may pair get it.

#include "web/gateway.hpp"
#include "web/json.hpp"
#include "web/qr_image.hpp"

namespace linekeeper::control {
namespace {

bool accepts(const http::Request& request, std::string_view type) {
  return request.header("Accept").value_or("").find(type) != std::string_view::npos;
}

std::string format_of(const http::Request& request) {
  if (const auto format = request.parameter("format")) return std::string(*format);
  if (accepts(request, "image/png")) return "png";
  if (accepts(request, "image/svg+xml")) return "svg";
  if (accepts(request, "application/json")) return "json";
  if (accepts(request, "text/plain")) return "text";
  return "png";
}

http::Response with_type(std::string type, std::string body) {
  http::Response response;
  response.headers = {{"Content-Type", std::move(type)}};
  response.body = std::move(body);
  return response;
}

/// Why there is none.
http::Response no_qr(const v1::Session& session) {
  Failure failure(session.status() == v1::LINE_STATUS_CONNECTED ? v1::ALREADY_CONNECTED : v1::NEEDS_PAIRING, "no_qr");
  return error_response(failure, 404);
}

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

awaitable<http::Response> Gateway::qr(WebRequest request) {
  v1::GetSessionRequest asked;
  asked.set_session_id(request.session());
  asked.set_include_pairing(true);
  const auto answer = co_await control_.get_session(std::move(request.call), std::move(asked));
  if (const auto* failed = std::get_if<Failure>(&answer)) co_return error_response(*failed);
  const auto& session = std::get<v1::Session>(answer);
  if (!session.has_qr()) co_return no_qr(session);
  const std::string format = format_of(request.http);
  if (format == "png") co_return with_type("image/png", qr_png(session.qr().text()));
  if (format == "svg") co_return with_type("image/svg+xml", qr_svg(session.qr().text()));
  if (format == "text") co_return with_type("text/plain; charset=utf-8", qr_text(session.qr().text()));
  if (format == "json") co_return json_response(session.qr());
  co_return error_response(Failure(v1::INVALID_REQUEST, "format"));
}

awaitable<http::Response> Gateway::qr_page(WebRequest request) {
  v1::GetSessionRequest asked;
  asked.set_session_id(request.session());
  asked.set_include_pairing(true);
  const std::string name = html_escaped(request.session());
  const auto answer = co_await control_.get_session(std::move(request.call), std::move(asked));
  if (const auto* failed = std::get_if<Failure>(&answer)) co_return error_response(*failed);
  const auto& session = std::get<v1::Session>(answer);
  std::string body;
  if (session.has_qr()) {
    body =
        "<p>On the phone: Linked devices, Link a device, scan.</p><div class=\"qr\" role=\"img\" aria-label=\"QR "
        "code\">" +
        qr_svg(session.qr().text()) + "</div>";
  } else if (session.status() == v1::LINE_STATUS_CONNECTED) {
    body = "<p role=\"status\">Connected.</p>";
  } else {
    body = "<p role=\"status\">No QR is live. This page looks again by itself.</p>";
  }
  http::Response page = with_type(
      "text/html; charset=utf-8",
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
      "<meta http-equiv=\"refresh\" content=\"5\"><title>" +
          name +
          "</title><style>body{font:1rem sans-serif;text-align:center}.qr{max-width:20rem;margin:auto}</style><h1>" +
          name + "</h1>" + body + "</html>\n");
  page.headers.push_back(
      {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"});
  page.headers.push_back({"Referrer-Policy", "no-referrer"});
  co_return std::move(page);
}

}  // namespace linekeeper::control
