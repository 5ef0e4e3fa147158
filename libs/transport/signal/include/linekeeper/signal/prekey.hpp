#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "linekeeper/crypto/x25519.hpp"
#include "linekeeper/crypto/xeddsa.hpp"

namespace linekeeper::transport::signal {

/// Ids of prekeys and signed prekeys travel in 3 bytes and count 1 … 16777215, then 1 again.
inline constexpr std::uint32_t kMaxPrekeyId = 0xFFFFFF;

/// The id `steps` after `id`, wrapped. An `id` out of range counts as 1.
std::uint32_t prekey_id_after(std::uint32_t id, std::size_t steps) noexcept;

/// A one-time prekey.
struct Prekey {
  std::uint32_t id = 0;
  crypto::KeyPair keys;
};

/// `n` new keys with consecutive ids from `first_id`; about 60 µs each, so callers with many to make do it in slices.
std::vector<Prekey> generate_prekeys(std::uint32_t first_id, std::size_t n);

/// The key that every peer may use until it is rotated.
struct SignedPrekey {
  std::uint32_t id = 0;
  crypto::KeyPair keys;
  crypto::Signature signature{};
};

SignedPrekey make_signed_prekey(const crypto::KeyPair& identity, std::uint32_t id);

/// Signed is the byte 05 and the public key.
bool verify_signed_prekey(const Key32& identity, const Key32& signed_prekey, ByteView signature);

/// What a peer publishes about one device, as the server hands it out or a retry receipt carries it.
struct PreKeyBundle {
  struct OneTime {
    std::uint32_t id = 0;
    Key32 key{};
  };

  std::uint32_t registration_id = 0;
  Key32 identity{};
  std::uint32_t signed_prekey_id = 0;
  Key32 signed_prekey{};
  crypto::Signature signature{};
  std::optional<OneTime> one_time;  ///< Absent when the peer's stock ran out.
};

/// What the server's digest of a device's keys must be: SHA-1 over identity, signed prekey, its signature and the
/// one-time prekeys in the order listed.
std::array<std::uint8_t, 20> prekey_digest(const Key32& identity, const Key32& signed_prekey,
                                           const crypto::Signature& signature, std::span<const Key32> one_time);

}  // namespace linekeeper::transport::signal
