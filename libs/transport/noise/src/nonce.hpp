#pragma once

#include <array>
#include <cstdint>

namespace linekeeper::transport {

/// A counter as AES-GCM nonce: eight zero bytes, then the counter, big-endian. All known peers count in 32 bits.
constexpr std::array<std::uint8_t, 12> nonce_of(std::uint32_t counter) noexcept {
  std::array<std::uint8_t, 12> nonce{};
  for (unsigned i = 0; i < 4; ++i)
    nonce[11 - i] = static_cast<std::uint8_t>(counter >> (8 * i));
  return nonce;
}

}  // namespace linekeeper::transport
