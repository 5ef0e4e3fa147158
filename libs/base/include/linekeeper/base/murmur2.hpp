#pragma once

#include <cstdint>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper {

/// MurmurHash2 (32 bit) with the seed and the signed-free arithmetic of Kafka's Java client, sign bit cleared: the
/// key's partition is `murmur2(key) % partitions`, its bucket `murmur2(key) % 256`.
constexpr std::uint32_t murmur2(ByteView key) noexcept {
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  std::uint32_t hash = 0x9747b28cU ^ static_cast<std::uint32_t>(key.size());
  std::size_t at = 0;
  for (; at + 4 <= key.size(); at += 4) {
    std::uint32_t word = key[at] | key[at + 1] << 8 | key[at + 2] << 16 | static_cast<std::uint32_t>(key[at + 3]) << 24;
    word *= kMultiplier;
    word ^= word >> 24;
    word *= kMultiplier;
    hash = hash * kMultiplier ^ word;
  }
  const std::size_t rest = key.size() - at;
  if (rest == 3) hash ^= static_cast<std::uint32_t>(key[at + 2]) << 16;
  if (rest >= 2) hash ^= static_cast<std::uint32_t>(key[at + 1]) << 8;
  if (rest >= 1) {
    hash ^= key[at];
    hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  hash ^= hash >> 15;
  return hash & 0x7fffffff;
}

inline std::uint32_t murmur2(std::string_view key) noexcept {
  return murmur2(as_bytes(key));
}

}  // namespace linekeeper
