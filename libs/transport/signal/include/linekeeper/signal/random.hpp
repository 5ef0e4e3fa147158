#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace linekeeper::transport::signal {

/// Where the ratchets of the calling thread take their randomness from, while this object lives. For reproducible
/// sessions in tests; without one it is the system's generator. They nest; destroy them in reverse order.
class ScopedRandom {
 public:
  using Source = std::function<void(std::span<std::uint8_t>)>;

  explicit ScopedRandom(Source source);
  ScopedRandom(const ScopedRandom&) = delete;
  ScopedRandom& operator=(const ScopedRandom&) = delete;
  ~ScopedRandom();

 private:
  Source source_;
  const Source* previous_;
};

}  // namespace linekeeper::transport::signal
