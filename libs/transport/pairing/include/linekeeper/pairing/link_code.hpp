#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"
#include "linekeeper/crypto/x25519.hpp"

namespace linekeeper::transport {

/// Eight characters that a person types into the phone: `123456789ABCDEFGHJKLMNPQRSTVWXYZ`, 40 bits. Key material as it
/// stands here, without the dash.
using LinkCode = Secret<std::string>;

LinkCode generate_link_code();
/// The code of these 40 bits, first bit first.
LinkCode encode_link_code(const std::array<std::uint8_t, 5>& random);
/// What a person typed or configured: dashes and blanks dropped, upper-cased. Errors: `invalid_argument` if that is not
/// eight characters of the alphabet.
Result<LinkCode> normalize_link_code(std::string_view typed);
/// `XXXX-XXXX`, for showing.
Secret<std::string> display_link_code(const LinkCode& code);

/// An ephemeral public key under a code: salt, counter block, key in AES-CTR. Not authenticated: the wrong code yields
/// another key that looks as good.
using WrappedKey = std::array<std::uint8_t, 80>;

struct WrapRandom {
  Key32 salt{};
  std::array<std::uint8_t, 16> iv{};
};

/// Derives from the code with 131,072 rounds, some 20 ms: not on a thread that serves other lines.
WrappedKey wrap_ephemeral(const LinkCode& code, const Key32& ephemeral);
WrappedKey wrap_ephemeral(const LinkCode& code, const Key32& ephemeral, const WrapRandom& random);
Key32 unwrap_ephemeral(const LinkCode& code, const WrappedKey& wrapped);

/// Salt, nonce and AES-GCM of both identities and a random value: proves to the phone that we knew the code.
using WrappedBundle = std::array<std::uint8_t, 156>;

struct BundleRandom {
  SecretKey32 adv_random;
  Key32 salt{};
  std::array<std::uint8_t, 12> nonce{};
};

/// The end of the exchange, for both sides.
struct LinkResult {
  WrappedBundle bundle{};
  SecretKey32 adv_secret;  ///< Takes the place of the QR's. Stored before the bundle is sent.
};

/// The companion's answer to `primary_hello`. Errors: `decrypt_failed` if a forged key makes an agreement all zero.
Result<LinkResult> finish_as_companion(const crypto::KeyPair& ephemeral, const Key32& primary_ephemeral,
                                       const crypto::KeyPair& identity, const Key32& primary_identity);
Result<LinkResult> finish_as_companion(const crypto::KeyPair& ephemeral, const Key32& primary_ephemeral,
                                       const crypto::KeyPair& identity, const Key32& primary_identity,
                                       const BundleRandom& random);

/// The phone's side: opens the bundle and derives the same adv secret. Errors: `decrypt_failed` if the code that was
/// typed is not the one shown, or the bundle names other identities.
Result<SecretKey32> finish_as_primary(const crypto::KeyPair& ephemeral, const Key32& companion_ephemeral,
                                      const crypto::KeyPair& account, const Key32& companion_identity, ByteView bundle);

}  // namespace linekeeper::transport
