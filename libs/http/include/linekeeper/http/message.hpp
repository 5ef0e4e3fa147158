#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "linekeeper/net/headers.hpp"

namespace linekeeper::http {

using net::Header;
using net::Headers;

struct Request {
  std::string method = "GET";
  std::string target = "/";  ///< As in the request line.
  std::string path;          ///< Percent-decoded, without the query. Filled by the server.
  Headers query;             ///< Percent-decoded name and value, in order. Filled by the server.
  Headers headers;
  std::string body;
  std::string remote;  ///< "address:port" of the peer. Filled by the server.

  std::optional<std::string_view> header(std::string_view name) const noexcept {
    return net::find_header(headers, name);
  }
  /// The first query value of that name (names compare with case).
  std::optional<std::string_view> parameter(std::string_view name) const noexcept;
};

struct Response {
  unsigned status = 200;
  Headers headers;  ///< Content-Length and Connection are the server's own business.
  std::string body;

  std::optional<std::string_view> header(std::string_view name) const noexcept {
    return net::find_header(headers, name);
  }

  static Response text(unsigned status, std::string body);
  static Response json(unsigned status, std::string body);
};

}  // namespace linekeeper::http
