#pragma once

#include <cstdint>
#include <string_view>

namespace linekeeper::transport {

/// Where a string stands in the dictionary.
struct TokenIndex {
  std::uint8_t table = kNone;  ///< 0 to 3: a row of two-byte tokens; `kSingle`; `kNone` if the string is no token.
  std::uint8_t index = 0;

  static constexpr std::uint8_t kSingle = 4;
  static constexpr std::uint8_t kNone = 5;
};

/// One hash, and on average less than two comparisons. No allocation.
TokenIndex find_token(std::string_view text) noexcept;

}  // namespace linekeeper::transport
