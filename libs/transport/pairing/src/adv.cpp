#include "linekeeper/pairing/adv.hpp"

#include <algorithm>
#include <array>

#include "linekeeper/crypto/hash.hpp"
#include "linekeeper/crypto/xeddsa.hpp"

namespace linekeeper::transport {
namespace {

using Prefix = std::array<std::uint8_t, 2>;

constexpr Prefix kAccount{6, 0};
constexpr Prefix kDevice{6, 1};
constexpr Prefix kKeyIndexList{6, 2};
constexpr Prefix kHosted{6, 5};
constexpr Prefix kHostedDevice{6, 6};
constexpr Prefix kHostedKeyIndexList{6, 7};

/// The outer type decides whether the HMAC has a prefix.
crypto::Sha256Digest hmac_of(const AdvContainer& container, const SecretKey32& adv_secret) {
  if (container.account_type.value_or(AdvType::e2ee) == AdvType::hosted)
    return crypto::hmac_sha256(adv_secret.reveal(), concat(kHosted, container.signed_identity));
  return crypto::hmac_sha256(adv_secret.reveal(), container.signed_identity);
}

/// The inner type decides the prefix of the account's signature.
Bytes account_message(const Bytes& details, AdvType device_type, const Key32& companion_identity) {
  return concat(device_type == AdvType::hosted ? kHosted : kAccount, details, companion_identity);
}

const Prefix& list_prefix(const std::optional<AdvType>& type) {
  return type.value_or(AdvType::e2ee) == AdvType::hosted ? kHostedKeyIndexList : kKeyIndexList;
}

}  // namespace

AdvContainer link_companion(const crypto::KeyPair& account, const AdvDeviceIdentity& identity,
                            std::optional<AdvType> account_type, const Key32& companion_identity,
                            const SecretKey32& adv_secret) {
  AdvSignedIdentity signed_identity;
  signed_identity.details = encode(identity);
  signed_identity.account_key = to_bytes(account.pub);
  signed_identity.account_signature = to_bytes(crypto::xeddsa_sign(
      account.priv,
      account_message(signed_identity.details, identity.device_type.value_or(AdvType::e2ee), companion_identity)));
  AdvContainer out{encode(signed_identity), {}, account_type};
  out.hmac = to_bytes(hmac_of(out, adv_secret));
  return out;
}

bool verify_container(const AdvContainer& container, const SecretKey32& adv_secret) {
  return equal_constant_time(hmac_of(container, adv_secret), container.hmac);
}

bool verify_account_signature(const AdvSignedIdentity& identity, AdvType device_type, const Key32& companion_identity) {
  const auto key = exactly<32>(identity.account_key);
  return key && crypto::xeddsa_verify(*key, account_message(identity.details, device_type, companion_identity),
                                      identity.account_signature);
}

void sign_device(AdvSignedIdentity& identity, const crypto::KeyPair& companion_identity) {
  identity.device_signature = to_bytes(crypto::xeddsa_sign(
      companion_identity.priv, concat(kDevice, identity.details, companion_identity.pub, identity.account_key)));
}

bool verify_device_signature(const AdvSignedIdentity& identity, const Key32& device_identity,
                             const std::optional<Key32>& account_key, bool remote_hosted) {
  const auto key = identity.account_key.empty() ? account_key : exactly<32>(identity.account_key);
  return key &&
         crypto::xeddsa_verify(device_identity,
                               concat(remote_hosted ? kHostedDevice : kDevice, identity.details, device_identity, *key),
                               identity.device_signature);
}

bool AdvKeyIndexList::keeps(std::uint16_t device, std::optional<std::uint32_t> key_index) const noexcept {
  if (device == 0) return true;
  if (!key_index) return false;
  return *key_index > current_index ||
         std::find(valid_indexes.begin(), valid_indexes.end(), *key_index) != valid_indexes.end();
}

AdvSignedKeyIndexList sign_key_index_list(const AdvKeyIndexList& list, const crypto::KeyPair& account) {
  AdvSignedKeyIndexList out;
  out.details = encode(list);
  out.account_signature =
      to_bytes(crypto::xeddsa_sign(account.priv, concat(list_prefix(list.account_type), out.details)));
  return out;
}

bool verify_key_index_list(const AdvSignedKeyIndexList& list, const Key32& account_key) {
  const auto parsed = parse_key_index_list(list.details);
  return parsed && crypto::xeddsa_verify(account_key, concat(list_prefix(parsed->account_type), list.details),
                                         list.account_signature);
}

}  // namespace linekeeper::transport
