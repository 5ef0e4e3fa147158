#include "prekey_store.hpp"

#include <unordered_map>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/hash.hpp"

namespace linekeeper::sandbox {

namespace {

constexpr std::uint8_t kCurveType = 0x05;

Bytes be(std::uint64_t value, std::size_t width) {
  Bytes out;
  put_be(out, value, width);
  return out;
}

std::optional<std::uint32_t> key_id(const Node* id) {
  if (id == nullptr || id->bytes().size() != 3) return std::nullopt;
  return static_cast<std::uint32_t>(get_be(id->bytes()));
}

std::optional<Key32> key_value(const Node* value) {
  if (value == nullptr) return std::nullopt;
  return exactly<32>(value->bytes());
}

}  // namespace

Result<SignedKey> parse_signed_key(const Node* skey, const Key32& identity) {
  if (skey == nullptr) return Errc::malformed_node;
  const auto id = key_id(skey->child("id"));
  const auto value = key_value(skey->child("value"));
  const Node* signature = skey->child("signature");
  if (!id || !value || signature == nullptr) return Errc::malformed_node;
  const auto bytes = exactly<64>(signature->bytes());
  if (!bytes) return Errc::malformed_node;
  const Bytes message = concat(std::array{kCurveType}, *value);
  if (!crypto::xeddsa_verify(identity, message, *bytes)) return Errc::bad_signature;
  return SignedKey{*id, *value, *bytes};
}

Result<void> PrekeyStore::upload(const Node& request) {
  const Node* registration = request.child("registration");
  const Node* type = request.child("type");
  const Node* identity_node = request.child("identity");
  const Node* list = request.child("list");
  if (registration == nullptr || type == nullptr || identity_node == nullptr || list == nullptr)
    return Errc::malformed_node;
  const auto identity_key = exactly<32>(identity_node->bytes());
  if (registration->bytes().size() != 4 || !identity_key) return Errc::malformed_node;
  if (type->bytes().size() != 1 || type->bytes()[0] != kCurveType) return Errc::malformed_node;
  LK_TRY(const SignedKey skey, parse_signed_key(request.child("skey"), *identity_key));

  std::vector<OneTimeKey> fresh;
  fresh.reserve(list->children().size());
  for (const Node& key : list->children()) {
    const auto id = key_id(key.child("id"));
    const auto value = key_value(key.child("value"));
    if (!id || !value) return Errc::malformed_node;
    fresh.push_back({*id, *value});
  }

  registration_id = static_cast<std::uint32_t>(get_be(registration->bytes()));
  identity = *identity_key;
  signed_key = skey;
  std::unordered_map<std::uint32_t, std::size_t> known;
  for (std::size_t i = 0; i < one_time_.size(); ++i)
    known.emplace(one_time_[i].id, i);
  for (const OneTimeKey& key : fresh) {
    const auto [at, is_new] = known.emplace(key.id, one_time_.size());
    if (is_new)
      one_time_.push_back(key);
    else
      one_time_[at->second] = key;
  }
  uploaded_ = true;
  return ok();
}

Result<void> PrekeyStore::rotate(const Node& rotate) {
  LK_TRY(signed_key, parse_signed_key(rotate.child("skey"), identity));
  return ok();
}

std::optional<OneTimeKey> PrekeyStore::take() {
  if (one_time_.empty()) return std::nullopt;
  const OneTimeKey key = one_time_.front();
  one_time_.pop_front();
  return key;
}

Node key_node(const OneTimeKey& key) {
  return Node("key").add(Node("id").holding(be(key.id, 3))).add(Node("value").holding_bytes(key.value));
}

Node signed_key_node(const SignedKey& key) {
  return Node("skey")
      .add(Node("id").holding(be(key.id, 3)))
      .add(Node("value").holding_bytes(key.value))
      .add(Node("signature").holding_bytes(key.signature));
}

void PrekeyStore::write_bundle(Node& user, const std::optional<OneTimeKey>& one_time) const {
  user.add(Node("registration").holding(be(registration_id, 4)));
  user.add(Node("type").holding(Bytes{kCurveType}));
  user.add(Node("identity").holding_bytes(identity));
  user.add(signed_key_node(signed_key));
  if (one_time) user.add(key_node(*one_time));
}

Node PrekeyStore::digest() const {
  Bytes hashed = concat(identity, signed_key.value, signed_key.signature);
  Node list("list");
  for (const OneTimeKey& key : one_time_) {
    list.add(Node("id").holding(be(key.id, 3)));
    append(hashed, key.value);
  }
  return Node("digest")
      .add(Node("registration").holding(be(registration_id, 4)))
      .add(Node("type").holding(Bytes{kCurveType}))
      .add(Node("identity").holding_bytes(identity))
      .add(signed_key_node(signed_key))
      .add(std::move(list))
      .add(Node("hash").holding_bytes(crypto::sha1(hashed)));
}

}  // namespace linekeeper::sandbox
