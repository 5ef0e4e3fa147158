#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"

namespace linekeeper::transport {

/// "WA", protocol 6, dictionary 3. Opens every connection, client to server only, and is the Noise prologue,
/// also when routing information stands before it.
inline constexpr std::array<std::uint8_t, 4> kIntro{0x57, 0x41, 0x06, 0x03};

/// The first bytes of a connection: the intro, preceded by the routing information of an earlier one unless empty.
/// Precondition: `routing_info.size() < 2^24`; throws std::length_error.
Bytes intro_bytes(ByteView routing_info = {});

/// The server's side: reads the intro from a stream in any pieces, then leaves the rest to the frames.
class IntroReader {
 public:
  /// `routing_cap` bounds the routing information, which a stranger chooses. 64 KiB is far beyond any real one.
  explicit IntroReader(std::size_t routing_cap = std::size_t{64} << 10) noexcept : routing_cap_(routing_cap) {}

  /// Takes what belongs to the intro from the front of `bytes`; returns how many bytes that were.
  /// Once `done`, takes nothing more.
  /// Errors: `malformed_frame` if this is not an intro, `unsupported_version` for another protocol or dictionary,
  /// `too_large` for routing information beyond the cap. A failed reader stays failed.
  Result<std::size_t> push(ByteView bytes);

  bool done() const noexcept { return state_ == State::kDone; }
  /// Complete once `done`; empty if there was none.
  const Bytes& routing_info() const noexcept { return routing_; }

 private:
  enum class State : std::uint8_t { kHeader, kRoutingLength, kRouting, kIntroAfterRouting, kDone, kFailed };

  Result<void> take(std::uint8_t byte);

  std::size_t routing_cap_;
  State state_ = State::kHeader;
  std::array<std::uint8_t, 4> header_{};
  std::size_t have_ = 0;
  std::size_t routing_size_ = 0;
  Bytes routing_;
  error_code failure_;
};

}  // namespace linekeeper::transport
