#include "linekeeper/noise/symmetric_state.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "linekeeper/crypto/aead.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "linekeeper/crypto/hkdf.hpp"
#include "linekeeper/crypto/x25519.hpp"
#include "nonce.hpp"

namespace linekeeper::transport {
namespace {

std::string_view name_of(NoisePattern pattern) {
  switch (pattern) {
    case NoisePattern::kXX: return "Noise_XX_25519_AESGCM_SHA256";
    case NoisePattern::kIK: return "Noise_IK_25519_AESGCM_SHA256";
    case NoisePattern::kXXFallback: return "Noise_XXfallback_25519_AESGCM_SHA256";
  }
  return {};
}

/// A name that fits is padded with zeros, a longer one is hashed (Noise, 5.2).
Key32 initial_hash(NoisePattern pattern) {
  const std::string_view name = name_of(pattern);
  Key32 out{};
  if (name.size() > out.size()) return crypto::sha256(as_bytes(name));
  std::copy(name.begin(), name.end(), out.begin());
  return out;
}

/// HKDF into two keys, as MixKey and Split do.
std::pair<SecretKey32, SecretKey32> two_keys(ByteView ikm, const SecretKey32& salt) {
  const SecretBytes both(crypto::hkdf_sha256(ikm, salt.reveal(), {}, 64));
  std::pair<SecretKey32, SecretKey32> keys;
  std::copy_n(both.reveal().begin(), 32, keys.first.reveal().begin());
  std::copy_n(both.reveal().begin() + 32, 32, keys.second.reveal().begin());
  return keys;
}

}  // namespace

// Nothing is encrypted before the first mix_key, so the initial key is never used.
SymmetricState::SymmetricState(NoisePattern pattern) : h_(initial_hash(pattern)), ck_(h_), k_(h_) {}

void SymmetricState::mix_hash(ByteView data) {
  h_ = crypto::sha256(concat(h_, data));
}

void SymmetricState::mix_key(ByteView ikm) {
  std::tie(ck_, k_) = two_keys(ikm, ck_);
  n_ = 0;
}

Result<void> SymmetricState::mix_dh(const SecretKey32& priv, const Key32& pub) {
  LK_TRY(const SecretKey32 shared, crypto::agree(priv, pub));
  mix_key(shared.reveal());
  return ok();
}

Bytes SymmetricState::encrypt_and_hash(ByteView plain) {
  Bytes sealed = crypto::Aes256Gcm(k_.reveal()).seal(nonce_of(n_), plain, h_);
  ++n_;
  mix_hash(sealed);
  return sealed;
}

Result<Bytes> SymmetricState::decrypt_and_hash(ByteView sealed) {
  LK_TRY(Bytes plain, crypto::Aes256Gcm(k_.reveal()).open(nonce_of(n_), sealed, h_));
  ++n_;
  mix_hash(sealed);
  return plain;
}

SymmetricState::Keys SymmetricState::split() const {
  auto [first, second] = two_keys({}, ck_);
  return {std::move(first), std::move(second)};
}

}  // namespace linekeeper::transport
