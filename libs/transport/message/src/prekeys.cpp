#include "linekeeper/message/prekeys.hpp"

#include <limits>

#include "key_nodes.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "linekeeper/message/iq.hpp"

namespace linekeeper::transport::message {
namespace {

constexpr std::string_view kNamespace = "encrypt";

Result<std::uint32_t> count_in(const Node& count) {
  if (!count.has("value")) return 0U;
  const auto value = count.number("value");
  if (!value || *value > std::numeric_limits<std::uint32_t>::max()) return Errc::malformed_message;
  return static_cast<std::uint32_t>(*value);
}

}  // namespace

Node upload_request(std::string_view id, const DeviceKeys& device, std::span<const PublicPreKey> prekeys) {
  Node list("list");
  std::vector<Node> keys;
  keys.reserve(prekeys.size());
  for (const PublicPreKey& key : prekeys)
    keys.push_back(prekey_node(key));
  list.add_all(std::move(keys));
  // In this order, as every client sends it.
  return iq_set(id, kNamespace)
      .add(registration_node(device.registration_id))
      .add(type_node())
      .add(identity_node(device.identity))
      .add(std::move(list))
      .add(signed_prekey_node(device.signed_prekey));
}

Node count_request(std::string_view id) {
  return iq_get(id, kNamespace).add(Node("count"));
}

Result<std::uint32_t> parse_count(const Node& answer) {
  LK_CHECK(expect_result(answer));
  const Node* count = answer.child("count");
  if (count == nullptr) return Errc::malformed_message;
  return count_in(*count);
}

std::optional<std::uint32_t> low_prekeys(const Node& notification) {
  const Node* count = notification.child("count");
  if (!notification.attr_is("type", kNamespace) || count == nullptr) return std::nullopt;
  const auto value = count_in(*count);
  if (!value) return std::nullopt;
  return *value;
}

bool asks_for_digest(const Node& notification) {
  return notification.attr_is("type", kNamespace) && notification.child("digest") != nullptr;
}

Node digest_request(std::string_view id) {
  return iq_get(id, kNamespace).add(Node("digest"));
}

Result<KeyDigest> parse_digest(const Node& answer) {
  LK_CHECK(expect_result(answer));
  const Node* digest = answer.child("digest");
  if (digest == nullptr) return Errc::malformed_message;
  const Node* skey = digest->child("skey");
  const Node* list = digest->child("list");
  if (skey == nullptr || list == nullptr) return Errc::malformed_message;
  KeyDigest out;
  LK_CHECK(expect_type(*digest));
  LK_TRY(out.device.registration_id, registration_in(*digest));
  LK_TRY(out.device.identity, array_child<32>(*digest, "identity"));
  LK_TRY(out.device.signed_prekey, parse_signed_prekey(*skey));
  for (const Node& id : list->children()) {
    if (id.tag != "id" || id.bytes().size() != 3) return Errc::malformed_message;
    out.prekey_ids.push_back(static_cast<std::uint32_t>(get_be(id.bytes())));
  }
  LK_TRY(out.hash, array_child<20>(*digest, "hash"));
  return out;
}

std::array<std::uint8_t, 20> digest_of(const DeviceKeys& device, std::span<const PublicPreKey> prekeys) {
  Bytes input;
  input.reserve(128 + 32 * prekeys.size());
  append(input, device.identity);
  append(input, device.signed_prekey.value);
  append(input, device.signed_prekey.signature);
  for (const PublicPreKey& key : prekeys)
    append(input, key.value);
  return crypto::sha1(input);
}

Node rotate_request(std::string_view id, const PublicSignedPreKey& signed_prekey) {
  return iq_set(id, kNamespace).add(Node("rotate").add(signed_prekey_node(signed_prekey)));
}

}  // namespace linekeeper::transport::message
