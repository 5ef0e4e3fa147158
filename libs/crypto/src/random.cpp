#include "linekeeper/crypto/random.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <climits>
#include <limits>

#include "evp.hpp"

namespace linekeeper::crypto {

void fill_random(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const auto piece = out.first(std::min<std::size_t>(out.size(), INT_MAX));
    require(RAND_bytes(piece.data(), static_cast<int>(piece.size())) == 1, "RAND_bytes");
    out = out.subspan(piece.size());
  }
}

Bytes random_bytes(std::size_t n) {
  Bytes out(n);
  fill_random(out);
  return out;
}

Key32 random_key32() {
  Key32 out;
  fill_random(out);
  return out;
}

std::uint64_t random_u64() {
  std::array<std::uint8_t, 8> bytes;
  fill_random(bytes);
  return get_be(bytes);
}

std::uint64_t random_below(std::uint64_t bound) {
  // The last, incomplete run of `bound` values would favour the small ones.
  const std::uint64_t limit = std::numeric_limits<std::uint64_t>::max() / bound * bound;
  std::uint64_t value = random_u64();
  while (value >= limit)
    value = random_u64();
  return value % bound;
}

}  // namespace linekeeper::crypto
