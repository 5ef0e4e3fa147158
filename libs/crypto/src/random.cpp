#include "linekeeper/crypto/random.hpp"

#include <openssl/rand.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <climits>
#include <limits>

#include "evp.hpp"
#include "linekeeper/base/secret.hpp"

namespace linekeeper::crypto {

namespace {

void draw(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const auto piece = out.first(std::min<std::size_t>(out.size(), INT_MAX));
    require(RAND_bytes(piece.data(), static_cast<int>(piece.size())) == 1, "RAND_bytes");
    out = out.subspan(piece.size());
  }
}

/// Counts the forks this process came out of: what its parent had drawn in advance is the parent's.
std::atomic<unsigned> forks{0};

unsigned present_fork() noexcept {
  static const bool watched = [] {
    require(pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); }) == 0,
            "pthread_atfork");
    return true;
  }();
  static_cast<void>(watched);
  return forks.load(std::memory_order_relaxed);
}

/// Nonces, masks and ids, drawn many at a time: a call of the generator costs about the same for 12 bytes and for 512.
class Block {
 public:
  static constexpr std::size_t kMostAtOnce = 16;

  Block() = default;
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() { wipe(bytes_); }

  void take(std::span<std::uint8_t> out) {
    const unsigned fork = present_fork();
    if (fork != fork_ || out.size() > left_) {
      draw(bytes_);
      left_ = bytes_.size();
      fork_ = fork;
    }
    const auto piece = std::span(bytes_).subspan(bytes_.size() - left_, out.size());
    std::copy(piece.begin(), piece.end(), out.begin());
    wipe(piece);
    left_ -= out.size();
  }

 private:
  std::array<std::uint8_t, 512> bytes_{};
  std::size_t left_ = 0;
  unsigned fork_ = 0;
};

}  // namespace

void fill_random(std::span<std::uint8_t> out) {
  // Keys are drawn for themselves: they should not lie about before they are wanted.
  if (out.size() > Block::kMostAtOnce) return draw(out);
  thread_local Block block;
  block.take(out);
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
