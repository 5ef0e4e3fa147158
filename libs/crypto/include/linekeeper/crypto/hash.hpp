#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::crypto {

using Md5Digest = std::array<std::uint8_t, 16>;
using Sha1Digest = std::array<std::uint8_t, 20>;
using Sha256Digest = std::array<std::uint8_t, 32>;
using Sha512Digest = std::array<std::uint8_t, 64>;

/// Thread-safe, all of them: each thread reuses contexts of its own. They throw only if the machine is out of memory.
/// MD5 and SHA-1 are here because the wire fixes them (build hash, prekey digest), never for security.
Md5Digest md5(ByteView data);
Sha1Digest sha1(ByteView data);
Sha256Digest sha256(ByteView data);
Sha512Digest sha512(ByteView data);

/// HMAC (RFC 2104); keys of any length. Compare results with `equal_constant_time`.
Sha256Digest hmac_sha256(ByteView key, ByteView data);
Sha512Digest hmac_sha512(ByteView key, ByteView data);

/// SHA-256 over data that arrives in pieces. Not to be shared between threads.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  Sha256& update(ByteView data);
  /// Ends the computation; the object starts anew.
  Sha256Digest finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// HMAC-SHA-256 over data that arrives in pieces. Not to be shared between threads.
class HmacSha256 {
 public:
  explicit HmacSha256(ByteView key);
  HmacSha256(HmacSha256&&) noexcept;
  HmacSha256& operator=(HmacSha256&&) noexcept;
  ~HmacSha256();

  HmacSha256& update(ByteView data);
  /// Ends the computation; the object starts anew under the same key.
  Sha256Digest finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace linekeeper::crypto
