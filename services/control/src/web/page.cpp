#include "web/page.hpp"

#include <algorithm>

namespace linekeeper::control {
namespace {

/// Nothing from elsewhere, nothing inline, in nobody's frame. Pictures of QRs are made from what the service sends.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri "
    "'none'; "
    "form-action 'none'; frame-ancestors 'none'";

}  // namespace

std::optional<http::Response> answer_page(const http::Request& request) {
  const auto file = std::ranges::find(kPage, std::string_view(request.path), &PageFile::path);
  if (file == kPage.end()) return std::nullopt;
  http::Response response;
  if (request.method != "GET" && request.method != "HEAD") {
    response.status = 405;
    response.headers.push_back({"Allow", "GET"});
    return response;
  }
  response.headers.push_back({"ETag", std::string(file->etag)});
  response.headers.push_back({"Cache-Control", "no-cache"});  // May be kept, and is asked for each time.
  response.headers.push_back({"Content-Security-Policy", std::string(kPolicy)});
  response.headers.push_back({"Referrer-Policy", "no-referrer"});
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  if (request.header("If-None-Match") == file->etag) {
    response.status = 304;
    return response;
  }
  response.headers.push_back({"Content-Type", std::string(file->type)});
  response.body = std::string(file->body);
  return response;
}

}  // namespace linekeeper::control
