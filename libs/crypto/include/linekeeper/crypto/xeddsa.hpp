#pragma once

#include <array>
#include <cstdint>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/secret.hpp"

namespace linekeeper::crypto {

using Signature = std::array<std::uint8_t, 64>;
/// The randomness one signature consumes.
using SignatureNonce = std::array<std::uint8_t, 64>;

/// XEdDSA: an Ed25519 signature made with an X25519 private key, the sign of the Edwards point in the last bit.
Signature xeddsa_sign(const SecretKey32& priv, ByteView message);
/// The same with given randomness, for reproducible signatures in tests. Never use one nonce for two messages.
Signature xeddsa_sign(const SecretKey32& priv, ByteView message, const SignatureNonce& nonce);

/// False for a signature of another length, made by another key or over other bytes. `pub` is in Montgomery form.
bool xeddsa_verify(const Key32& pub, ByteView message, ByteView signature);

}  // namespace linekeeper::crypto
