#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"
#include "linekeeper/crypto/x25519.hpp"

namespace linekeeper::transport {

/// Who runs an account or device. Absent on the wire counts as `e2ee`.
enum class AdvType : std::uint8_t { e2ee = 0, hosted = 1 };

/// What the phone says about one linked device.
struct AdvDeviceIdentity {
  std::uint32_t raw_id = 0;                ///< Of the account, the same for all its devices.
  std::uint64_t timestamp = 0;             ///< Unix seconds.
  std::optional<std::uint32_t> key_index;  ///< The phone's counter of links; never used twice.
  std::optional<AdvType> account_type;
  std::optional<AdvType> device_type;
};

/// The same, signed. Signatures cover the bytes of `details`, which are never encoded anew.
struct AdvSignedIdentity {
  Bytes details;
  Bytes account_key;        ///< 32 bytes; empty where it was stripped.
  Bytes account_signature;  ///< 64 bytes.
  Bytes device_signature;   ///< 64 bytes; empty until the device signed.
};

/// And in its envelope from phone to companion, keyed by the adv secret.
struct AdvContainer {
  Bytes signed_identity;
  Bytes hmac;
  std::optional<AdvType> account_type;
};

// Encoding. Parsing errors: `malformed_message`.

Bytes encode(const AdvDeviceIdentity& identity);
Bytes encode(const AdvSignedIdentity& identity);
Bytes encode(const AdvContainer& container);
Result<AdvDeviceIdentity> parse_adv_identity(ByteView bytes);
Result<AdvSignedIdentity> parse_adv_signed(ByteView bytes);
Result<AdvContainer> parse_adv_container(ByteView bytes);

// The phone's work.

/// Signs a companion's identity key into the account and seals it for that companion.
/// `account_type` goes outside, `identity.device_type` decides the signature's prefix: they may differ.
AdvContainer link_companion(const crypto::KeyPair& account, const AdvDeviceIdentity& identity,
                            std::optional<AdvType> account_type, const Key32& companion_identity,
                            const SecretKey32& adv_secret);

// The companion's work.

/// In constant time.
bool verify_container(const AdvContainer& container, const SecretKey32& adv_secret);
bool verify_account_signature(const AdvSignedIdentity& identity, AdvType device_type, const Key32& companion_identity);
/// Countersigns with the companion's own identity. Precondition: `account_key` is present.
void sign_device(AdvSignedIdentity& identity, const crypto::KeyPair& companion_identity);

// Everybody's work.

/// Whether the device says so itself. `account_key` if the message does not carry it; `remote_hosted` for devices on a
/// hosted server, which sign under another prefix.
bool verify_device_signature(const AdvSignedIdentity& identity, const Key32& device_identity,
                             const std::optional<Key32>& account_key = std::nullopt, bool remote_hosted = false);

/// Which links of an account are alive.
struct AdvKeyIndexList {
  std::uint32_t raw_id = 0;
  std::uint64_t timestamp = 0;
  std::uint32_t current_index = 0;
  std::vector<std::uint32_t> valid_indexes;  ///< 0 is the phone.
  std::optional<AdvType> account_type;

  /// Whether a device with this key index belongs to the account: the phone always, others when listed or newer than
  /// the list. A companion without index does not.
  bool keeps(std::uint16_t device, std::optional<std::uint32_t> key_index) const noexcept;
};

struct AdvSignedKeyIndexList {
  Bytes details;
  Bytes account_signature;
  Bytes account_key;  ///< Phones leave it out.
};

AdvSignedKeyIndexList sign_key_index_list(const AdvKeyIndexList& list, const crypto::KeyPair& account);
bool verify_key_index_list(const AdvSignedKeyIndexList& list, const Key32& account_key);
Bytes encode(const AdvKeyIndexList& list);
Bytes encode(const AdvSignedKeyIndexList& list);
Result<AdvKeyIndexList> parse_key_index_list(ByteView details);
Result<AdvSignedKeyIndexList> parse_signed_key_index_list(ByteView bytes);

}  // namespace linekeeper::transport
