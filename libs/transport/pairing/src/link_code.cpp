#include "linekeeper/pairing/link_code.hpp"

#include <algorithm>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/aead.hpp"
#include "linekeeper/crypto/cipher.hpp"
#include "linekeeper/crypto/hkdf.hpp"
#include "linekeeper/crypto/random.hpp"

namespace linekeeper::transport {
namespace {

/// No 0, I, O, U: they are misread.
constexpr std::string_view kAlphabet = "123456789ABCDEFGHJKLMNPQRSTVWXYZ";
constexpr std::size_t kCodeLength = 8;
constexpr std::uint32_t kIterations = 131'072;
constexpr std::string_view kBundleInfo = "link_code_pairing_key_bundle_encryption_key";
constexpr std::string_view kAdvInfo = "adv_secret";

SecretBytes key_of(const LinkCode& code, ByteView salt) {
  return SecretBytes(crypto::pbkdf2_sha256(as_bytes(code.reveal()), salt, kIterations, 32));
}

crypto::Aes256Gcm bundle_cipher(const SecretKey32& ephemeral_shared, ByteView salt) {
  const SecretBytes key(crypto::hkdf_sha256(ephemeral_shared.reveal(), salt, as_bytes(kBundleInfo), 32));
  return crypto::Aes256Gcm(key.reveal());
}

SecretKey32 adv_secret_of(const SecretKey32& ephemeral_shared, const SecretKey32& identity_shared, ByteView random) {
  const SecretBytes all(concat(ephemeral_shared.reveal(), identity_shared.reveal(), random));
  const SecretBytes out(crypto::hkdf_sha256(all.reveal(), {}, as_bytes(kAdvInfo), 32));
  return SecretKey32(*exactly<32>(out.reveal()));
}

}  // namespace

LinkCode generate_link_code() {
  std::array<std::uint8_t, 5> random;
  crypto::fill_random(random);
  LinkCode out = encode_link_code(random);
  wipe(random);
  return out;
}

LinkCode encode_link_code(const std::array<std::uint8_t, 5>& random) {
  const std::uint64_t bits = get_be(random);
  std::string out;
  for (int shift = 35; shift >= 0; shift -= 5)
    out.push_back(kAlphabet[bits >> shift & 31U]);
  return LinkCode(std::move(out));
}

Result<LinkCode> normalize_link_code(std::string_view typed) {
  std::string out;
  for (char c : typed) {
    if (c == '-' || c == ' ') continue;
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (kAlphabet.find(c) == std::string_view::npos || out.size() == kCodeLength) return Errc::invalid_argument;
    out.push_back(c);
  }
  if (out.size() != kCodeLength) return Errc::invalid_argument;
  return LinkCode(std::move(out));
}

Secret<std::string> display_link_code(const LinkCode& code) {
  return Secret<std::string>(code.reveal().substr(0, 4) + "-" + code.reveal().substr(4));
}

WrappedKey wrap_ephemeral(const LinkCode& code, const Key32& ephemeral) {
  WrapRandom random;
  crypto::fill_random(random.salt);
  crypto::fill_random(random.iv);
  return wrap_ephemeral(code, ephemeral, random);
}

WrappedKey wrap_ephemeral(const LinkCode& code, const Key32& ephemeral, const WrapRandom& random) {
  const SecretBytes key = key_of(code, random.salt);
  const Bytes sealed = crypto::aes256_ctr(key.reveal(), random.iv, ephemeral);
  return *exactly<80>(concat(random.salt, random.iv, sealed));
}

Key32 unwrap_ephemeral(const LinkCode& code, const WrappedKey& wrapped) {
  const ByteView all(wrapped);
  const SecretBytes key = key_of(code, all.first(32));
  return *exactly<32>(crypto::aes256_ctr(key.reveal(), all.subspan(32, 16), all.subspan(48)));
}

Result<LinkResult> finish_as_companion(const crypto::KeyPair& ephemeral, const Key32& primary_ephemeral,
                                       const crypto::KeyPair& identity, const Key32& primary_identity) {
  BundleRandom random;
  crypto::fill_random(random.adv_random.reveal());
  crypto::fill_random(random.salt);
  crypto::fill_random(random.nonce);
  return finish_as_companion(ephemeral, primary_ephemeral, identity, primary_identity, random);
}

Result<LinkResult> finish_as_companion(const crypto::KeyPair& ephemeral, const Key32& primary_ephemeral,
                                       const crypto::KeyPair& identity, const Key32& primary_identity,
                                       const BundleRandom& random) {
  LK_TRY(const SecretKey32 ephemeral_shared, crypto::agree(ephemeral.priv, primary_ephemeral));
  LK_TRY(const SecretKey32 identity_shared, crypto::agree(identity.priv, primary_identity));
  const SecretBytes plain(concat(identity.pub, primary_identity, random.adv_random.reveal()));
  const Bytes sealed = bundle_cipher(ephemeral_shared, random.salt).seal(random.nonce, plain.reveal(), {});
  LinkResult out;
  out.bundle = *exactly<156>(concat(random.salt, random.nonce, sealed));
  out.adv_secret = adv_secret_of(ephemeral_shared, identity_shared, random.adv_random.reveal());
  return out;
}

Result<SecretKey32> finish_as_primary(const crypto::KeyPair& ephemeral, const Key32& companion_ephemeral,
                                      const crypto::KeyPair& account, const Key32& companion_identity,
                                      ByteView bundle) {
  if (bundle.size() != std::tuple_size_v<WrappedBundle>) return Errc::decrypt_failed;
  LK_TRY(const SecretKey32 ephemeral_shared, crypto::agree(ephemeral.priv, companion_ephemeral));
  LK_TRY(const SecretKey32 identity_shared, crypto::agree(account.priv, companion_identity));
  LK_TRY(Bytes opened,
         bundle_cipher(ephemeral_shared, bundle.first(32)).open(bundle.subspan(32, 12), bundle.subspan(44), {}));
  const SecretBytes plain(std::move(opened));
  const ByteView all(plain.reveal());
  if (all.size() != 96 || !equal_constant_time(all.first(32), companion_identity) ||
      !equal_constant_time(all.subspan(32, 32), account.pub))
    return Errc::decrypt_failed;
  return adv_secret_of(ephemeral_shared, identity_shared, all.subspan(64));
}

}  // namespace linekeeper::transport
