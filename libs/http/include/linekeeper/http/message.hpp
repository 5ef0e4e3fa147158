#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "linekeeper/net/awaitable.hpp"
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
  /// Common name of the client certificate that TLS verified; empty: none. Filled by the server.
  std::string certificate;

  std::optional<std::string_view> header(std::string_view name) const noexcept {
    return net::find_header(headers, name);
  }
  /// The first query value of that name (names compare with case).
  std::optional<std::string_view> parameter(std::string_view name) const noexcept;
};

/// Where a body goes that comes bit by bit.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  /// Returns when it is on its way, so that a slow reader holds up its writer and nobody else. False: the connection is
  /// gone, or took nothing for the server's write timeout.
  virtual awaitable<bool> write(std::string part) = 0;
};
using BodyStream = std::function<awaitable<void>(BodyWriter&)>;

struct Response {
  unsigned status = 200;
  Headers headers;  ///< Content-Length and Connection are the server's own business.
  std::string body;
  /// Called once the head is sent, instead of `body`; the connection ends with it. A server that stops closes it at
  /// once.
  BodyStream stream = {};

  std::optional<std::string_view> header(std::string_view name) const noexcept {
    return net::find_header(headers, name);
  }

  static Response text(unsigned status, std::string body);
  static Response json(unsigned status, std::string body);
};

}  // namespace linekeeper::http
