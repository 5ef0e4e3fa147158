#include "phone_settings.hpp"

#include "linekeeper/crypto/cipher.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "linekeeper/crypto/hkdf.hpp"
#include "linekeeper/crypto/random.hpp"
#include "wire/app_state.pb.h"

namespace linekeeper::sandbox {

namespace {

constexpr std::size_t kMac = 32;

/// What one sync key is expanded to.
struct SettingKeys {
  explicit SettingKeys(const Key32& sync_key)
      : all(crypto::hkdf_sha256(sync_key, {}, as_bytes("WhatsApp Mutation Keys"), 160)) {}
  ByteView index() const { return ByteView(all).subspan(0, 32); }
  ByteView value() const { return ByteView(all).subspan(32, 32); }
  ByteView value_mac() const { return ByteView(all).subspan(64, 32); }
  ByteView snapshot_mac() const { return ByteView(all).subspan(96, 32); }
  ByteView patch_mac() const { return ByteView(all).subspan(128, 32); }

  Bytes all;
};

Bytes number64(std::uint64_t value) {
  Bytes out;
  put_be(out, value, 8);
  return out;
}

/// IV, ciphertext and MAC of a value that is set.
Bytes sealed_value(const SettingKeys& keys, ByteView key_id, ByteView plain) {
  const Bytes iv = crypto::random_bytes(16);
  Bytes out = concat(iv, crypto::aes256_cbc_encrypt(keys.value(), iv, plain));
  const Bytes operation{0x01};  // set
  const auto mac =
      crypto::hmac_sha512(keys.value_mac(), concat(operation, key_id, out, number64(key_id.size() + operation.size())));
  append(out, ByteView(mac).first(kMac));
  return out;
}

}  // namespace

Bytes name_patch(const Key32& sync_key, ByteView key_id, std::string_view name, std::int64_t now_ms) {
  constexpr std::uint64_t kVersion = 1;
  const SettingKeys keys(sync_key);
  wire::SyncActionData data;
  data.set_index(R"(["setting_pushName"])");
  data.set_version(1);
  data.mutable_value()->set_timestamp(now_ms);
  data.mutable_value()->mutable_push_name_setting()->set_name(std::string(name));
  const Bytes value = sealed_value(keys, key_id, as_bytes(data.SerializeAsString()));
  const ByteView value_mac = ByteView(value).last(kMac);

  wire::SyncdPatch patch;
  wire::SyncdMutation& mutation = *patch.add_mutations();
  mutation.set_operation(wire::SyncdMutation::SET);
  wire::SyncdRecord& record = *mutation.mutable_record();
  record.mutable_index()->set_blob(to_text(crypto::hmac_sha256(keys.index(), as_bytes(data.index()))));
  record.mutable_value()->set_blob(to_text(value));
  record.mutable_key_id()->set_id(to_text(key_id));

  // The hash over a collection starts at zero and adds up its values: with one value it is that value's share.
  const Bytes sum = crypto::hkdf_sha256(value_mac, {}, as_bytes("WhatsApp Patch Integrity"), 128);
  const Bytes where = concat(number64(kVersion), as_bytes(kNameCollection));
  const auto snapshot = crypto::hmac_sha256(keys.snapshot_mac(), concat(sum, where));
  patch.set_snapshot_mac(to_text(snapshot));
  patch.set_patch_mac(to_text(crypto::hmac_sha256(keys.patch_mac(), concat(snapshot, value_mac, where))));
  patch.mutable_key_id()->set_id(to_text(key_id));
  return to_bytes(patch.SerializeAsString());
}

}  // namespace linekeeper::sandbox
