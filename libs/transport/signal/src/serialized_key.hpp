#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::transport::signal {

/// The type byte that Signal puts before a Curve25519 key in its own messages.
inline constexpr std::uint8_t kKeyType = 0x05;

using SerializedKey = std::array<std::uint8_t, 33>;

inline SerializedKey serialized_key(const Key32& key) noexcept {
  SerializedKey out;
  out[0] = kKeyType;
  std::copy(key.begin(), key.end(), out.begin() + 1);
  return out;
}

inline std::optional<Key32> raw_key(ByteView serialized) noexcept {
  if (serialized.size() != 33 || serialized[0] != kKeyType) return std::nullopt;
  return exactly<32>(serialized.subspan(1));
}

}  // namespace linekeeper::transport::signal
