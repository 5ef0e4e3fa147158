#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"

namespace linekeeper::net {

/// An absolute URL of the kinds we connect to, taken apart.
struct Url {
  std::string scheme;            ///< Lower case: ws, wss, http, https, redis or rediss.
  std::string user;              ///< Percent-decoded; empty if absent.
  Secret<std::string> password;  ///< Percent-decoded; empty if absent.
  std::string host;              ///< Lower case name or address; IPv6 without brackets.
  std::uint16_t port = 0;        ///< Given, or the scheme's default.
  std::string target;            ///< Path and query as written, "/" if absent: what a request line carries.

  /// Whether the scheme asks for TLS: wss, https, rediss.
  bool tls() const noexcept;
  /// host:port as a Host header wants it: brackets around IPv6, no default port.
  std::string authority() const;

  /// Strict: no fragment, no blanks, no other scheme, port 1–65535. Errors: `invalid_argument`.
  static Result<Url> parse(std::string_view text);
};

/// An address to listen on, "127.0.0.1:8443" or "[::1]:0". Port 0 lets the system choose.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;

  /// Errors: `invalid_argument`.
  static Result<HostPort> parse(std::string_view text);
};

}  // namespace linekeeper::net
