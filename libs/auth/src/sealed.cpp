#include "linekeeper/auth/sealed.hpp"

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/aead.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "linekeeper/crypto/hkdf.hpp"
#include "linekeeper/crypto/random.hpp"
#include "pack.hpp"

namespace linekeeper::auth {
namespace {

using crypto::Aes256Gcm;

/// The value taken apart. The nonce is random: a line writes far less than 2^32 values under one subkey.
struct Parts {
  std::string_view key_id;
  ByteView nonce;
  ByteView sealed;
};

Result<Parts> parts_of(ByteView value) {
  if (value.empty()) return Errc::malformed_value;
  if (value[0] > Sealer::kVersion) return Errc::unsupported_version;
  if (value[0] == 0 || value.size() < 2) return Errc::malformed_value;
  const std::size_t id_size = value[1];
  if (id_size == 0 || value.size() < 2 + id_size + Aes256Gcm::kNonceSize + Aes256Gcm::kTagSize)
    return Errc::malformed_value;
  return Parts{as_text(value.subspan(2, id_size)), value.subspan(2 + id_size, Aes256Gcm::kNonceSize),
               value.subspan(2 + id_size + Aes256Gcm::kNonceSize)};
}

/// Lengths stand before the parts, so that no two different lists give the same bytes.
Bytes associated_data(std::string_view key_id, std::string_view session, std::string_view field) {
  return Packer().number(Sealer::kVersion).text(key_id).text(session).text(field).take();
}

SecretKey32 subkey(const KeyRing::Key& key, std::string_view session, ByteView salt, std::string_view purpose) {
  const Bytes info = Packer().text("linekeeper").text(purpose).text(session).take();
  const SecretBytes derived(crypto::hkdf_sha256(key.key.reveal(), salt, info, 32));
  return SecretKey32(*exactly<32>(derived.reveal()));
}

}  // namespace

Sealer::Sealer(const KeyRing::Key& key, std::string session, ByteView salt)
    : key_id_(key.id),
      session_(std::move(session)),
      value_key_(subkey(key, session_, salt, "values")),
      name_key_(subkey(key, session_, salt, "names")) {}

Bytes Sealer::seal(std::string_view field, ByteView plain) const {
  Bytes out{kVersion, static_cast<std::uint8_t>(key_id_.size())};
  out.reserve(2 + key_id_.size() + Aes256Gcm::kNonceSize + plain.size() + Aes256Gcm::kTagSize);
  append(out, as_bytes(key_id_));
  const Bytes nonce = crypto::random_bytes(Aes256Gcm::kNonceSize);
  append(out, nonce);
  Aes256Gcm(value_key_.reveal()).seal_to(out, nonce, plain, associated_data(key_id_, session_, field));
  return out;
}

Result<Bytes> Sealer::open(std::string_view field, ByteView sealed) const {
  LK_TRY(const Parts parts, parts_of(sealed));
  if (parts.key_id != key_id_) return Errc::unknown_key;
  return Aes256Gcm(value_key_.reveal()).open(parts.nonce, parts.sealed, associated_data(key_id_, session_, field));
}

std::string Sealer::stored_name(std::string_view field) const {
  return to_text(ByteView(crypto::hmac_sha256(name_key_.reveal(), as_bytes(field))).first(16));
}

Bytes Sealer::seal_field(std::string_view field, ByteView plain) const {
  SecretBytes named(Packer().text(field).take());
  append(named.reveal(), plain);
  return seal(stored_name(field), named.reveal());
}

Result<Bytes> Sealer::open_field(std::string_view field, ByteView sealed) const {
  LK_TRY(Named named, open_stored(stored_name(field), sealed));
  if (named.field != field) return Errc::malformed_value;
  return std::move(named.value);
}

Result<Sealer::Named> Sealer::open_stored(std::string_view stored_name, ByteView sealed) const {
  LK_TRY(Bytes opened, open(stored_name, sealed));
  const SecretBytes plain(std::move(opened));
  const ByteView bytes = plain.reveal();
  Unpacker unpacker(bytes);
  Named named{unpacker.text(), {}};
  if (!unpacker.ok()) return Errc::malformed_value;
  named.value = to_bytes(unpacker.rest());
  return named;
}

Result<std::string> key_id_of(ByteView sealed) {
  LK_TRY(const Parts parts, parts_of(sealed));
  return std::string(parts.key_id);
}

Result<Bytes> open_with(const KeyRing& ring, std::string_view session, ByteView salt, std::string_view field,
                        ByteView sealed) {
  LK_TRY(const Parts parts, parts_of(sealed));
  const KeyRing::Key* key = ring.find(parts.key_id);
  if (!key) return Errc::unknown_key;
  return Sealer(*key, std::string(session), salt).open(field, sealed);
}

}  // namespace linekeeper::auth
