#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::crypto {

// Cryptographically secure randomness, thread-safe. These throw std::runtime_error if the system has none to give,
// in which state nothing may go on.

void fill_random(std::span<std::uint8_t> out);
Bytes random_bytes(std::size_t n);
Key32 random_key32();
std::uint64_t random_u64();
/// Uniform in [0, bound). Precondition: `bound > 0`.
std::uint64_t random_below(std::uint64_t bound);

}  // namespace linekeeper::crypto
