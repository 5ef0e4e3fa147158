#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace linekeeper {

using Bytes = std::vector<std::uint8_t>;
/// Borrowed bytes: valid only as long as what they were taken from.
using ByteView = std::span<const std::uint8_t>;
/// A Curve25519 key, public or private, or any other 32-byte value.
using Key32 = std::array<std::uint8_t, 32>;

inline ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(std::string_view text) {
  return {text.begin(), text.end()};
}
inline Bytes to_bytes(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}
inline std::string to_text(ByteView bytes) {
  return std::string(as_text(bytes));
}

inline void append(Bytes& to, ByteView what) {
  to.insert(to.end(), what.begin(), what.end());
}

/// All parts in one buffer, allocated once.
template <typename... Parts>
Bytes concat(const Parts&... parts) {
  Bytes out;
  out.reserve((ByteView(parts).size() + ... + 0));
  (append(out, ByteView(parts)), ...);
  return out;
}

/// The first `N` bytes as a fixed array; nothing if `bytes` has another size.
template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> exactly(ByteView bytes) noexcept {
  if (bytes.size() != N) return std::nullopt;
  std::array<std::uint8_t, N> out;
  for (std::size_t i = 0; i < N; ++i)
    out[i] = bytes[i];
  return out;
}

/// Big-endian integers of 1 to 8 bytes, the wire's order everywhere.
void put_be(Bytes& to, std::uint64_t value, std::size_t width);
/// Precondition: `bytes.size() <= 8`.
std::uint64_t get_be(ByteView bytes) noexcept;

/// Lower case.
std::string to_hex(ByteView bytes);
/// Either case; nothing on an odd length or a foreign character.
std::optional<Bytes> from_hex(std::string_view hex);

/// Standard alphabet with padding.
std::string to_base64(ByteView bytes);
/// URL-safe alphabet without padding.
std::string to_base64url(ByteView bytes);
/// Accepts both alphabets, with or without padding; nothing on anything else.
std::optional<Bytes> from_base64(std::string_view text);

/// Compares in a time that depends on the lengths only.
bool equal_constant_time(ByteView a, ByteView b) noexcept;

}  // namespace linekeeper
