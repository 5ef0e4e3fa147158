#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "linekeeper/auth/key_ring.hpp"
#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"

namespace linekeeper::auth {

/// Seals and opens the values of one session under one key of the ring: AES-256-GCM under a subkey, HKDF-SHA-256 of the
/// ring's key, the session and a salt. Format: version byte, length of the key's id, id, nonce, ciphertext and tag. The
/// associated data binds version, key id, session and field, so that no value can be put in another's place.
///
/// Const calls may run on several threads at once.
class Sealer {
 public:
  static constexpr std::uint8_t kVersion = 1;

  Sealer(const KeyRing::Key& key, std::string session, ByteView salt);

  const std::string& key_id() const noexcept { return key_id_; }

  Bytes seal(std::string_view field, ByteView plain) const;
  /// Errors: `malformed_value`, `unsupported_version`, `unknown_key` (sealed under another key), `decrypt_failed`.
  Result<Bytes> open(std::string_view field, ByteView sealed) const;

  /// The name under which a field is stored: 16 bytes that tell nothing about `field`, which may hold a phone number.
  std::string stored_name(std::string_view field) const;

  /// A named field in one value: the name is sealed along, because the stored name cannot be turned back.
  Bytes seal_field(std::string_view field, ByteView plain) const;
  /// Errors as `open`; also `malformed_value` if the value belongs to another field.
  Result<Bytes> open_field(std::string_view field, ByteView sealed) const;
  struct Named {
    std::string field;
    Bytes value;
  };
  /// The same when only the stored name is known.
  Result<Named> open_stored(std::string_view stored_name, ByteView sealed) const;

 private:
  std::string key_id_;
  std::string session_;
  SecretKey32 value_key_;
  SecretKey32 name_key_;
};

/// The id of the key that a value was sealed under. Errors: `malformed_value`, `unsupported_version`.
Result<std::string> key_id_of(ByteView sealed);

/// Opens with whichever key of the ring the value names. Errors as `Sealer::open`.
Result<Bytes> open_with(const KeyRing& ring, std::string_view session, ByteView salt, std::string_view field,
                        ByteView sealed);

}  // namespace linekeeper::auth
