#pragma once

#include <cstdint>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"

namespace linekeeper::transport {

enum class NoisePattern : std::uint8_t { kXX, kIK, kXXFallback };

/// The transcript hash and keys of one Noise handshake (25519, AESGCM, SHA256). Both sides run the same one.
class SymmetricState {
 public:
  /// Starts with the name of the pattern; the caller mixes in the prologue.
  explicit SymmetricState(NoisePattern pattern);

  void mix_hash(ByteView data);
  void mix_key(ByteView ikm);
  /// mix_key of a Diffie-Hellman result. Errors: `decrypt_failed` for a forged public key.
  Result<void> mix_dh(const SecretKey32& priv, const Key32& pub);

  Bytes encrypt_and_hash(ByteView plain);
  /// Errors: `decrypt_failed`; the transcript is then as before.
  Result<Bytes> decrypt_and_hash(ByteView sealed);

  struct Keys {
    SecretKey32 client_to_server;
    SecretKey32 server_to_client;
  };
  Keys split() const;

  const Key32& hash() const noexcept { return h_; }
  const SecretKey32& chaining_key() const noexcept { return ck_; }
  const SecretKey32& key() const noexcept { return k_; }
  std::uint32_t nonce() const noexcept { return n_; }

 private:
  Key32 h_;
  SecretKey32 ck_;
  SecretKey32 k_;
  std::uint32_t n_ = 0;
};

}  // namespace linekeeper::transport
