#include "prekey_stanzas.hpp"

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::transport {
namespace {

Bytes be(std::uint64_t value, std::size_t width) {
  Bytes out;
  put_be(out, value, width);
  return out;
}

/// Ids travel in exactly 3 bytes, counted from 1.
std::optional<std::uint32_t> read_id(const Node* key) {
  const Node* id = key == nullptr ? nullptr : key->child("id");
  if (id == nullptr || id->bytes().size() != 3) return std::nullopt;
  const auto value = static_cast<std::uint32_t>(get_be(id->bytes()));
  if (value == 0) return std::nullopt;
  return value;
}

std::optional<Key32> read_key(const Node* node) {
  if (node == nullptr) return std::nullopt;
  ByteView bytes = node->bytes();
  // One client sends its retry keys with the type byte in front.
  if (bytes.size() == 33 && bytes[0] == 0x05) bytes = bytes.subspan(1);
  return exactly<32>(bytes);
}

Node key_node(std::uint32_t id, const Key32& value) {
  return Node("key").add(Node("id").holding(be(id, 3))).add(Node("value").holding_bytes(value));
}

Node signed_key_node(const signal::SignedPrekey& key) {
  return Node("skey")
      .add(Node("id").holding(be(key.id, 3)))
      .add(Node("value").holding_bytes(key.keys.pub))
      .add(Node("signature").holding_bytes(key.signature));
}

Node iq(std::string_view type) {
  return Node("iq").with("type", type).with("xmlns", "encrypt").with("to", server_jid());
}

}  // namespace

Node prekey_count_query() {
  return iq("get").add(Node("count"));
}

std::uint64_t read_prekey_count(const Node& answer) {
  const Node* count = answer.child("count");
  return count == nullptr ? 0 : count->number("value").value_or(0);
}

Node registration_node(std::uint32_t registration_id) {
  return Node("registration").holding(be(registration_id, 4));
}

Node prekey_upload(const DeviceCredentials& credentials, std::span<const signal::Prekey> keys) {
  std::vector<Node> list;
  list.reserve(keys.size());
  for (const auto& key : keys)
    list.push_back(key_node(key.id, key.keys.pub));
  return iq("set")
      .add(registration_node(credentials.registration_id))
      .add(Node("type").holding(Bytes{0x05}))
      .add(Node("identity").holding_bytes(credentials.identity.pub))
      .add(Node("list").add_all(std::move(list)))
      .add(signed_key_node(credentials.signed_prekey));
}

Node prekey_digest_query() {
  return iq("get").add(Node("digest"));
}

Node bundles_query(const std::vector<Jid>& devices) {
  std::vector<Node> users;
  users.reserve(devices.size());
  for (const Jid& device : devices)
    users.push_back(Node("user").with("jid", device));
  return iq("get").add(Node("key").add_all(std::move(users)));
}

std::optional<std::uint32_t> read_registration(const Node& holder) {
  const Node* node = holder.child("registration");
  if (node == nullptr || node->bytes().size() != 4) return std::nullopt;
  return static_cast<std::uint32_t>(get_be(node->bytes()));
}

std::optional<signal::PreKeyBundle> read_bundle(const Node& holder, std::optional<std::uint32_t> registration_id) {
  if (!registration_id) registration_id = read_registration(holder);
  const auto identity = read_key(holder.child("identity"));
  const Node* skey = holder.child("skey");
  const auto signed_id = read_id(skey);
  if (!registration_id || !identity || !signed_id) return std::nullopt;
  const auto signed_key = read_key(skey->child("value"));
  const Node* signature_node = skey->child("signature");
  if (!signed_key || signature_node == nullptr) return std::nullopt;
  const auto signature = exactly<64>(signature_node->bytes());
  if (!signature) return std::nullopt;

  signal::PreKeyBundle bundle;
  bundle.registration_id = *registration_id;
  bundle.identity = *identity;
  bundle.signed_prekey_id = *signed_id;
  bundle.signed_prekey = *signed_key;
  bundle.signature = *signature;
  if (const Node* key = holder.child("key")) {
    const auto id = read_id(key);
    const auto value = read_key(key->child("value"));
    if (!id || !value) return std::nullopt;
    bundle.one_time = signal::PreKeyBundle::OneTime{*id, *value};
  }
  return bundle;
}

std::vector<DeviceBundle> read_bundles(const Node& answer) {
  std::vector<DeviceBundle> out;
  const Node* list = answer.child("list");
  if (list == nullptr) return out;
  for (const Node& user : list->children()) {
    const auto jid = user.jid("jid");
    if (user.tag != "user" || !jid) continue;
    DeviceBundle entry;
    entry.device = *jid;
    if (const Node* error = user.child("error")) {
      entry.error = static_cast<int>(error->number("code").value_or(500) % 10'000);
    } else {
      const Node* keys = user.child("keys");
      const auto registration = read_registration(user);
      entry.bundle = read_bundle(keys == nullptr ? user : *keys, registration);
    }
    out.push_back(std::move(entry));
  }
  return out;
}

Node own_keys(const DeviceCredentials& credentials, const signal::Prekey& prekey) {
  return Node("keys")
      .add(Node("type").holding(Bytes{0x05}))
      .add(Node("identity").holding_bytes(credentials.identity.pub))
      .add(key_node(prekey.id, prekey.keys.pub))
      .add(signed_key_node(credentials.signed_prekey))
      .add(Node("device-identity").holding_bytes(credentials.device_identity));
}

}  // namespace linekeeper::transport
