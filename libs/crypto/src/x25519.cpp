#include "linekeeper/crypto/x25519.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "clamp.hpp"
#include "evp.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/random.hpp"

namespace linekeeper::crypto {
namespace {

/// A private key object without the cost of its public half, which a derivation never looks at: OpenSSL computes it
/// (half of what an agreement costs) unless some public key comes along.
PKey private_key(const Key32& priv) {
  thread_local const PKeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, "X25519", nullptr)};
  require(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1, "EVP_PKEY_fromdata_init");
  static constexpr Key32 kUnused{9};
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<std::uint8_t*>(kUnused.data()), 32),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, const_cast<std::uint8_t*>(priv.data()), 32),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  require(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, const_cast<OSSL_PARAM*>(params)) == 1,
          "EVP_PKEY_fromdata");
  return PKey(key);
}

Key32 public_of(const Key32& priv) {
  const PKey key{EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, priv.data(), priv.size())};
  require(key != nullptr, "EVP_PKEY_new_raw_private_key");
  Key32 out;
  std::size_t n = out.size();
  require(EVP_PKEY_get_raw_public_key(key.get(), out.data(), &n) == 1 && n == out.size(),
          "EVP_PKEY_get_raw_public_key");
  return out;
}

}  // namespace

KeyPair key_pair_from(const SecretKey32& priv) {
  KeyPair pair{clamped(priv), {}};
  pair.pub = public_of(pair.priv.reveal());
  return pair;
}

KeyPair key_pair_from(const Key32& priv) {
  return key_pair_from(SecretKey32(priv));
}

KeyPair generate_key_pair() {
  SecretKey32 priv;
  fill_random(priv.reveal());
  return key_pair_from(priv);
}

Result<SecretKey32> agree(const SecretKey32& priv, const Key32& pub) {
  const PKey ours = private_key(priv.reveal());
  const PKey theirs{EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, pub.data(), pub.size())};
  require(theirs != nullptr, "EVP_PKEY_new_raw_public_key");
  const PKeyContext context{EVP_PKEY_CTX_new_from_pkey(nullptr, ours.get(), nullptr)};
  require(context != nullptr && EVP_PKEY_derive_init(context.get()) == 1 &&
              EVP_PKEY_derive_set_peer_ex(context.get(), theirs.get(), 0) == 1,
          "EVP_PKEY_derive_init");
  SecretKey32 shared;
  std::size_t n = shared.reveal().size();
  // OpenSSL refuses the all-zero result itself; the comparison keeps the promise whatever the version does.
  if (EVP_PKEY_derive(context.get(), shared.reveal().data(), &n) != 1 || n != shared.reveal().size() ||
      shared == SecretKey32()) {
    forget_errors();
    return Errc::decrypt_failed;
  }
  return shared;
}

}  // namespace linekeeper::crypto
