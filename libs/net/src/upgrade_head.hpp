#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/net/headers.hpp"
#include "linekeeper/net/url.hpp"

namespace linekeeper::net {

/// The head of a response to an upgrade request.
struct UpgradeHead {
  int status = 0;
  Headers headers;
};

/// `head` ends with its empty line. Errors: `malformed_frame`.
Result<UpgradeHead> parse_upgrade_head(std::string_view head);

/// 16 random bytes in base64.
std::string make_websocket_key();
/// What the server answers to that key.
std::string accept_value_of(std::string_view key);

/// Nothing if one of the fields could not go on the wire.
std::optional<std::string> upgrade_request(const Url& url, std::string_view key, const Headers& extra);

/// Whether the response switches to WebSocket for that key, and to nothing else.
bool is_valid_upgrade(const UpgradeHead& head, std::string_view key) noexcept;

}  // namespace linekeeper::net
