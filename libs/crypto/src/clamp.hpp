#pragma once

#include "linekeeper/base/secret.hpp"

namespace linekeeper::crypto {

/// A multiple of the cofactor with its highest bit set, as X25519 and XEdDSA both want private keys (RFC 7748, 5).
inline SecretKey32 clamped(SecretKey32 priv) {
  auto& bytes = priv.reveal();
  bytes[0] &= 0xf8;
  bytes[31] = static_cast<std::uint8_t>((bytes[31] & 0x7f) | 0x40);
  return priv;
}

}  // namespace linekeeper::crypto
