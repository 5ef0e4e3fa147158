#pragma once

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"

namespace linekeeper::crypto {

/// A Curve25519 pair in Montgomery form. `priv` is clamped; `pub` is the raw 32 bytes, without Signal's leading 0x05.
struct KeyPair {
  SecretKey32 priv;
  Key32 pub;
};

KeyPair generate_key_pair();

/// The pair of a stored private key, clamped if it was not.
KeyPair key_pair_from(const Key32& priv);
KeyPair key_pair_from(const SecretKey32& priv);

/// X25519. Errors: `decrypt_failed` if the result is all zero, which only a forged public key brings about.
Result<SecretKey32> agree(const SecretKey32& priv, const Key32& pub);

}  // namespace linekeeper::crypto
