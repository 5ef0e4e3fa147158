#include "wire.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace linekeeper::http {
namespace {

constexpr std::array<std::pair<unsigned, std::string_view>, 24> kReasons{{{100, "Continue"},
                                                                          {101, "Switching Protocols"},
                                                                          {200, "OK"},
                                                                          {201, "Created"},
                                                                          {202, "Accepted"},
                                                                          {204, "No Content"},
                                                                          {206, "Partial Content"},
                                                                          {302, "Found"},
                                                                          {304, "Not Modified"},
                                                                          {400, "Bad Request"},
                                                                          {401, "Unauthorized"},
                                                                          {403, "Forbidden"},
                                                                          {404, "Not Found"},
                                                                          {405, "Method Not Allowed"},
                                                                          {408, "Request Timeout"},
                                                                          {409, "Conflict"},
                                                                          {413, "Content Too Large"},
                                                                          {415, "Unsupported Media Type"},
                                                                          {422, "Unprocessable Content"},
                                                                          {426, "Upgrade Required"},
                                                                          {429, "Too Many Requests"},
                                                                          {431, "Request Header Fields Too Large"},
                                                                          {500, "Internal Server Error"},
                                                                          {503, "Service Unavailable"}}};

std::string_view reason_of(unsigned status) {
  for (const auto& [code, reason] : kReasons)
    if (code == status) return reason;
  return "Status";
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool decode_into(std::string& out, std::string_view text, bool plus_is_blank) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (text.size() - i < 3) return false;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return true;
}

void append_headers(std::string& out, const Headers& headers) {
  for (const Header& header : headers) {
    const bool ours =
        net::equal_ignoring_case(header.name, "Content-Length") || net::equal_ignoring_case(header.name, "Connection");
    if (!ours) out.append(header.name).append(": ").append(header.value).append("\r\n");
  }
}

}  // namespace

bool split_target(Request& request) {
  const std::string_view target = request.target;
  const std::size_t mark = target.find('?');
  if (!decode_into(request.path, target.substr(0, mark), false)) return false;
  std::string_view rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    Header entry;
    if (!decode_into(entry.name, pair.substr(0, equals), true)) return false;
    if (equals != std::string_view::npos && !decode_into(entry.value, pair.substr(equals + 1), true)) return false;
    request.query.push_back(std::move(entry));
  }
  return true;
}

std::string serialize(const Request& request, std::string_view host) {
  std::string out = request.method + " " + request.target + " HTTP/1.1\r\nHost: ";
  out.append(host).append("\r\nConnection: close\r\n");
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT")
    out += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  append_headers(out, request.headers);
  return out + "\r\n" + request.body;
}

std::string serialize(const Response& response, bool keep_alive, bool without_body) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
  out.append(reason_of(response.status)).append("\r\n");
  const bool has_no_body = response.status < 200 || response.status == 204 || response.status == 304;
  if (!has_no_body) out += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  if (!keep_alive) out += "Connection: close\r\n";
  append_headers(out, response.headers);
  out += "\r\n";
  if (!has_no_body && !without_body) out += response.body;
  return out;
}

std::string serialize_head(const Response& response) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
  out.append(reason_of(response.status)).append("\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n");
  append_headers(out, response.headers);
  return out + "\r\n";
}

std::string chunk_of(std::string_view part) {
  std::array<char, 16> size{};
  const auto end = std::to_chars(size.data(), size.data() + size.size(), part.size(), 16).ptr;
  std::string out(size.data(), end);
  return out.append("\r\n").append(part).append("\r\n");
}

}  // namespace linekeeper::http
