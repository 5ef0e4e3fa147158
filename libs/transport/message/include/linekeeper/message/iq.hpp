#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "linekeeper/base/result.hpp"
#include "linekeeper/node/node.hpp"

namespace linekeeper::transport::message {

/// `<iq type=get|set xmlns id to=s.whatsapp.net>`; children are added by the caller.
Node iq_get(std::string_view id, std::string_view xmlns);
Node iq_set(std::string_view id, std::string_view xmlns);

/// What the server said instead of a result: for a whole request, one user of it, or one part of it.
struct ServerError {
  std::uint32_t code = 0;  ///< 0 if it named none.
  std::string text;
  std::optional<std::uint32_t> backoff_seconds;
};

/// The `<error>` child of a node, if it has one.
std::optional<ServerError> error_in(const Node& node);

/// Fails with `malformed_message` unless the answer is `type=result`; with `iq_error` if it is `type=error`
/// (see `error_in` for the code).
Result<void> expect_result(const Node& answer);

}  // namespace linekeeper::transport::message
