#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linekeeper::net {

struct Header {
  std::string name;
  std::string value;
};

/// HTTP header fields in wire order; names compare without case.
using Headers = std::vector<Header>;

/// Without the blanks and tabs around it.
std::string_view trimmed(std::string_view text) noexcept;

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// The first field of that name.
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name) noexcept;

/// Whether any field of that name lists `token`, separated by commas, without case: `Connection: keep-alive, Upgrade`.
bool has_token(const Headers& headers, std::string_view name, std::string_view token) noexcept;

/// A name or value that may go on the wire: no control characters, a name is a token.
bool is_valid_header(const Header& header) noexcept;

}  // namespace linekeeper::net
