#pragma once

#include <cstddef>
#include <string_view>

namespace linekeeper::contract {

inline constexpr std::size_t kMostId = 128;  ///< Bytes.

/// What `session_id` and `command_id` must be: 1 to 128 bytes of UTF-8 without control characters.
bool is_valid_id(std::string_view text) noexcept;

}  // namespace linekeeper::contract
