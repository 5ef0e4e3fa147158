#pragma once

#include <cstddef>
#include <optional>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"

namespace linekeeper::transport {

/// A frame is a 3-byte big-endian length and that many bytes.
inline constexpr std::size_t kFrameHeaderSize = 3;
/// The most a frame may carry: with its header it still fits into the 2^24 bytes that the peers read per message.
inline constexpr std::size_t kMaxFramePayload = (std::size_t{1} << 24) - kFrameHeaderSize;
/// What we accept before the handshake is done, when the other side is still a stranger.
inline constexpr std::size_t kMaxHandshakeFrame = std::size_t{64} << 10;

/// Appends the length and the payload. Precondition: `payload.size() <= kMaxFramePayload`; throws std::length_error.
void append_frame(Bytes& out, ByteView payload);

/// Cuts a byte stream into frames, however it was split on the way: inside a payload, inside a length, many at once.
/// WebSocket messages are only pieces of that stream. Plain state: no I/O, one thread at a time.
class FrameReader {
 public:
  /// `cap` bounds a single payload; the header of a longer one is refused before any of its bytes are kept.
  explicit FrameReader(std::size_t cap = kMaxHandshakeFrame) noexcept : cap_(cap) {}

  /// For frames not yet returned by `next`: raised to `kMaxFramePayload` once the handshake is done.
  void set_cap(std::size_t cap) noexcept { cap_ = cap; }

  void push(ByteView bytes);

  /// The next whole payload, or nothing until more bytes are pushed. An empty payload is returned as such.
  /// Errors: `too_large` beyond the cap; the stream is then lost and every later call answers the same.
  Result<std::optional<Bytes>> next();

  /// Bytes held that no frame has taken yet.
  std::size_t buffered() const noexcept { return buffer_.size() - start_; }

 private:
  std::size_t cap_;
  Bytes buffer_;
  std::size_t start_ = 0;
  bool failed_ = false;
};

}  // namespace linekeeper::transport
