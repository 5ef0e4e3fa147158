#include "linekeeper/crypto/xeddsa.hpp"

#include <openssl/bn.h>
#include <signal/curve.h>
#include <signal/signal_protocol.h>

#include <algorithm>
#include <optional>

#include "clamp.hpp"
#include "evp.hpp"
#include "linekeeper/crypto/random.hpp"

namespace linekeeper::crypto {
namespace {

using Number = std::unique_ptr<BIGNUM, EvpFree<BN_free>>;
using NumberContext = std::unique_ptr<BN_CTX, EvpFree<BN_CTX_free>>;

const BIGNUM* field_prime() {
  static const BIGNUM* prime = [] {
    BIGNUM* p = nullptr;
    require(BN_hex2bn(&p, "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed") == 64, "BN_hex2bn");
    return p;
  }();
  return prime;
}

/// The Edwards point with sign bit 0 that belongs to a Montgomery u: y = (u - 1) / (u + 1).
/// Nothing for u = -1, where there is no such point. All of it is public: time may vary.
std::optional<Key32> edwards_from_montgomery(Key32 u) {
  u[31] &= 0x7f;
  thread_local const NumberContext context{BN_CTX_new()};
  const BIGNUM* p = field_prime();
  const Number x{BN_lebin2bn(u.data(), static_cast<int>(u.size()), nullptr)};
  const Number above{BN_new()};
  const Number below{BN_new()};
  const Number y{BN_new()};
  require(context && x && above && below && y, "BN_new");
  require(BN_nnmod(x.get(), x.get(), p, context.get()) == 1 &&
              BN_mod_sub(above.get(), x.get(), BN_value_one(), p, context.get()) == 1 &&
              BN_mod_add(below.get(), x.get(), BN_value_one(), p, context.get()) == 1,
          "BN_mod_add");
  if (BN_is_zero(below.get())) return std::nullopt;
  require(BN_mod_inverse(below.get(), below.get(), p, context.get()) != nullptr &&
              BN_mod_mul(y.get(), above.get(), below.get(), p, context.get()) == 1,
          "BN_mod_inverse");
  Key32 out;
  require(BN_bn2lebinpad(y.get(), out.data(), static_cast<int>(out.size())) == static_cast<int>(out.size()),
          "BN_bn2lebinpad");
  return out;
}

/// libsignal asks its provider for the nonce of a signature; here it gets exactly the one meant for this call.
int give_nonce(std::uint8_t* data, std::size_t size, void* nonce) {
  const auto& bytes = *static_cast<const SignatureNonce*>(nonce);
  if (size != bytes.size()) return SG_ERR_INVAL;
  std::copy(bytes.begin(), bytes.end(), data);
  return SG_SUCCESS;
}

/// libsignal wants every callback set, but a signature calls only the one for randomness.
signal_crypto_provider provider_of(const SignatureNonce& nonce) {
  signal_crypto_provider provider{};
  provider.random_func = give_nonce;
  provider.hmac_sha256_init_func = [](void**, const std::uint8_t*, std::size_t, void*) { return SG_ERR_UNKNOWN; };
  provider.hmac_sha256_update_func = [](void*, const std::uint8_t*, std::size_t, void*) { return SG_ERR_UNKNOWN; };
  provider.hmac_sha256_final_func = [](void*, signal_buffer**, void*) { return SG_ERR_UNKNOWN; };
  provider.hmac_sha256_cleanup_func = [](void*, void*) {};
  provider.sha512_digest_init_func = [](void**, void*) { return SG_ERR_UNKNOWN; };
  provider.sha512_digest_update_func = [](void*, const std::uint8_t*, std::size_t, void*) { return SG_ERR_UNKNOWN; };
  provider.sha512_digest_final_func = [](void*, signal_buffer**, void*) { return SG_ERR_UNKNOWN; };
  provider.sha512_digest_cleanup_func = [](void*, void*) {};
  const auto no_cipher = [](signal_buffer**, int, const std::uint8_t*, std::size_t, const std::uint8_t*, std::size_t,
                            const std::uint8_t*, std::size_t, void*) { return SG_ERR_UNKNOWN; };
  provider.encrypt_func = no_cipher;
  provider.decrypt_func = no_cipher;
  provider.user_data = const_cast<SignatureNonce*>(&nonce);
  return provider;
}

struct UnrefKey {
  void operator()(ec_private_key* key) const noexcept {
    ec_private_key_destroy(reinterpret_cast<signal_type_base*>(key));
  }
};

}  // namespace

Signature xeddsa_sign(const SecretKey32& priv, ByteView message) {
  Secret<SignatureNonce> nonce;
  fill_random(nonce.reveal());
  return xeddsa_sign(priv, message, nonce.reveal());
}

Signature xeddsa_sign(const SecretKey32& priv, ByteView message, const SignatureNonce& nonce) {
  signal_context* made = nullptr;
  require(signal_context_create(&made, nullptr) == SG_SUCCESS, "signal_context_create");
  const std::unique_ptr<signal_context, EvpFree<signal_context_destroy>> context{made};
  const signal_crypto_provider provider = provider_of(nonce);
  require(signal_context_set_crypto_provider(context.get(), &provider) == SG_SUCCESS,
          "signal_context_set_crypto_provider");

  const SecretKey32 key = clamped(priv);
  ec_private_key* decoded = nullptr;
  require(curve_decode_private_point(&decoded, key.reveal().data(), key.reveal().size(), context.get()) == SG_SUCCESS,
          "curve_decode_private_point");
  const std::unique_ptr<ec_private_key, UnrefKey> owned{decoded};
  signal_buffer* signature = nullptr;
  require(
      curve_calculate_signature(context.get(), &signature, owned.get(), message.data(), message.size()) == SG_SUCCESS,
      "curve_calculate_signature");
  const std::unique_ptr<signal_buffer, EvpFree<signal_buffer_free>> holder{signature};
  Signature out;
  require(signal_buffer_len(signature) == out.size(), "curve_calculate_signature");
  std::copy_n(signal_buffer_data(signature), out.size(), out.begin());
  return out;
}

bool xeddsa_verify(const Key32& pub, ByteView message, ByteView signature) {
  auto ed25519 = exactly<64>(signature);
  auto point = edwards_from_montgomery(pub);
  if (!ed25519 || !point) return false;
  (*point)[31] |= (*ed25519)[63] & 0x80;  // the signer tells the sign of its point here
  (*ed25519)[63] &= 0x7f;

  const PKey key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, point->data(), point->size())};
  const MdContext context{EVP_MD_CTX_new()};
  require(key && context, "EVP_PKEY_new_raw_public_key");
  require(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1, "EVP_DigestVerifyInit");
  if (EVP_DigestVerify(context.get(), ed25519->data(), ed25519->size(), message.data(), message.size()) == 1)
    return true;
  forget_errors();
  return false;
}

}  // namespace linekeeper::crypto
