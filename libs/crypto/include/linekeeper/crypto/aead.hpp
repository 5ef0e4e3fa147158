#pragma once

#include <cstddef>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"

namespace linekeeper::crypto {

/// AES-256-GCM with 12-byte nonces and the 16-byte tag appended to the ciphertext.
///
/// Holds only the key: the cipher contexts belong to the calling thread and are reused, so that ten thousand idle
/// connections cost no contexts. Const calls may run on several threads at once.
/// Never use a nonce twice under one key: the caller counts.
class Aes256Gcm {
 public:
  static constexpr std::size_t kKeySize = 32;
  static constexpr std::size_t kNonceSize = 12;
  static constexpr std::size_t kTagSize = 16;

  /// Throws std::invalid_argument unless `key` has 32 bytes.
  explicit Aes256Gcm(ByteView key);

  /// Ciphertext followed by the tag. Throws std::invalid_argument unless `nonce` has 12 bytes.
  Bytes seal(ByteView nonce, ByteView plain, ByteView aad) const;
  /// The same, appended to `out`. `plain` and `aad` must not lie inside `out`.
  void seal_to(Bytes& out, ByteView nonce, ByteView plain, ByteView aad) const;

  /// Errors: `decrypt_failed` if the tag does not fit, `sealed` is shorter than a tag or the nonce has another size.
  Result<Bytes> open(ByteView nonce, ByteView sealed, ByteView aad) const;

 private:
  SecretKey32 key_;
};

}  // namespace linekeeper::crypto
