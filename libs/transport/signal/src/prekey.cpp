#include "linekeeper/signal/prekey.hpp"

#include "linekeeper/crypto/hash.hpp"
#include "serialized_key.hpp"

namespace linekeeper::transport::signal {

std::uint32_t prekey_id_after(std::uint32_t id, std::size_t steps) noexcept {
  if (id == 0 || id > kMaxPrekeyId) id = 1;
  return static_cast<std::uint32_t>((id - 1 + steps % kMaxPrekeyId) % kMaxPrekeyId) + 1;
}

std::vector<Prekey> generate_prekeys(std::uint32_t first_id, std::size_t n) {
  std::vector<Prekey> out;
  out.reserve(n);
  for (std::size_t i = 0; i < n; ++i)
    out.push_back({prekey_id_after(first_id, i), crypto::generate_key_pair()});
  return out;
}

SignedPrekey make_signed_prekey(const crypto::KeyPair& identity, std::uint32_t id) {
  SignedPrekey out{id, crypto::generate_key_pair(), {}};
  out.signature = crypto::xeddsa_sign(identity.priv, serialized_key(out.keys.pub));
  return out;
}

bool verify_signed_prekey(const Key32& identity, const Key32& signed_prekey, ByteView signature) {
  return crypto::xeddsa_verify(identity, serialized_key(signed_prekey), signature);
}

std::array<std::uint8_t, 20> prekey_digest(const Key32& identity, const Key32& signed_prekey,
                                           const crypto::Signature& signature, std::span<const Key32> one_time) {
  Bytes all = concat(identity, signed_prekey, signature);
  for (const Key32& key : one_time)
    append(all, key);
  return crypto::sha1(all);
}

}  // namespace linekeeper::transport::signal
