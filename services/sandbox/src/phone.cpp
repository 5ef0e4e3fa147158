#include "phone.hpp"

#include <algorithm>

#include "linekeeper/crypto/hash.hpp"
#include "linekeeper/crypto/random.hpp"

namespace linekeeper::sandbox {

Phone::Phone(Account& account)
    : account_(account),
      key_(crypto::generate_key_pair()),
      raw_id_(static_cast<std::uint32_t>(1 + crypto::random_below(0x7ffffffe))),
      sync_key_id_(static_cast<std::uint32_t>(crypto::random_below(0xffff))),
      sync_key_(crypto::random_key32()) {}

Phone::~Phone() = default;

PhoneRatchets& Phone::ratchets() {
  if (!ratchets_) ratchets_ = std::make_unique<PhoneRatchets>(key_);
  return *ratchets_;
}

transport::AdvDeviceIdentity Phone::next_identity(std::int64_t now) {
  transport::AdvDeviceIdentity identity;
  identity.raw_id = raw_id_;
  identity.timestamp = static_cast<std::uint64_t>(now);
  identity.key_index = ++last_key_index_;
  return identity;
}

transport::AdvContainer Phone::link(const transport::AdvDeviceIdentity& identity, const Key32& companion,
                                    const SecretKey32& adv_secret) const {
  return transport::link_companion(key_, identity, std::nullopt, companion, adv_secret);
}

transport::AdvContainer Phone::link_with_foreign_key(const transport::AdvDeviceIdentity& identity,
                                                     const Key32& companion, const SecretKey32& adv_secret) const {
  auto container =
      transport::link_companion(crypto::generate_key_pair(), identity, std::nullopt, companion, adv_secret);
  auto inner = transport::parse_adv_signed(container.signed_identity).value();
  inner.account_key.assign(key_.pub.begin(), key_.pub.end());
  container.signed_identity = transport::encode(inner);
  const auto hmac = crypto::hmac_sha256(adv_secret.reveal(), container.signed_identity);
  container.hmac.assign(hmac.begin(), hmac.end());
  return container;
}

const Bytes& Phone::signed_key_index_list(std::int64_t now) {
  std::vector<std::uint32_t> indexes{0};
  for (const auto& [id, companion] : account_.companions)
    indexes.push_back(companion->key_index);
  std::sort(indexes.begin(), indexes.end());
  if (indexes == listed_indexes_) return signed_list_;

  transport::AdvKeyIndexList list;
  list.raw_id = raw_id_;
  list.timestamp = static_cast<std::uint64_t>(now);
  // Highest ever given, not highest alive: whoever is newer than the list counts as alive.
  list.current_index = last_key_index_;
  list.valid_indexes = indexes;
  signed_list_ = transport::encode(transport::sign_key_index_list(list, key_));
  listed_indexes_ = std::move(indexes);
  return signed_list_;
}

void Phone::forget(std::uint16_t companion) {
  if (ratchets_) ratchets_->forget(account_.lid.with_device(companion));
}

void Phone::write_bundle(Node& user) {
  const auto keys = ratchets().bundle();
  PrekeyStore store;
  store.registration_id = keys.registration_id;
  store.identity = keys.identity;
  store.signed_key = {keys.signed_prekey_id, keys.signed_prekey, keys.signature};
  store.write_bundle(user, OneTimeKey{keys.one_time->id, keys.one_time->key});
}

}  // namespace linekeeper::sandbox
