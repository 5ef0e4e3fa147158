#include "key_nodes.hpp"

#include "linekeeper/base/errc.hpp"

namespace linekeeper::transport::message {
namespace {

constexpr std::uint8_t kCurve25519 = 5;

Node id_node(std::uint32_t id) {
  Bytes raw;
  put_be(raw, id, 3);
  return Node("id").holding(std::move(raw));
}

Result<std::uint32_t> id_in(const Node& node) {
  LK_TRY(const ByteView raw, sized_child(node, "id", 3));
  return static_cast<std::uint32_t>(get_be(raw));
}

}  // namespace

Node registration_node(std::uint32_t registration_id) {
  Bytes raw;
  put_be(raw, registration_id, 4);
  return Node("registration").holding(std::move(raw));
}

Node type_node() {
  return Node("type").holding(Bytes{kCurve25519});
}

Node identity_node(const Key32& identity) {
  return Node("identity").holding_bytes(identity);
}

Node prekey_node(const PublicPreKey& key) {
  return Node("key").add(id_node(key.id)).add(Node("value").holding_bytes(key.value));
}

Node signed_prekey_node(const PublicSignedPreKey& key) {
  return Node("skey")
      .add(id_node(key.id))
      .add(Node("value").holding_bytes(key.value))
      .add(Node("signature").holding_bytes(key.signature));
}

Result<ByteView> sized_child(const Node& node, std::string_view tag, std::size_t size) {
  const Node* child = node.child(tag);
  if (child == nullptr || child->bytes().size() != size) return Errc::malformed_message;
  return child->bytes();
}

Result<std::uint32_t> registration_in(const Node& node) {
  LK_TRY(const ByteView raw, sized_child(node, "registration", 4));
  return static_cast<std::uint32_t>(get_be(raw));
}

Result<void> expect_type(const Node& node) {
  LK_TRY(const ByteView raw, sized_child(node, "type", 1));
  if (raw.front() != kCurve25519) return Errc::malformed_message;
  return ok();
}

Result<PublicPreKey> parse_prekey(const Node& key) {
  PublicPreKey out;
  LK_TRY(out.id, id_in(key));
  LK_TRY(out.value, array_child<32>(key, "value"));
  return out;
}

Result<PublicPreKey> parse_retry_prekey(const Node& key) {
  const Node* value = key.child("value");
  if (value == nullptr || value->bytes().size() != 33) return parse_prekey(key);
  const auto typed = exactly<32>(value->bytes().subspan(1));
  if (value->bytes().front() != kCurve25519 || !typed) return Errc::malformed_message;
  PublicPreKey out;
  LK_TRY(out.id, id_in(key));
  out.value = *typed;
  return out;
}

Result<PublicSignedPreKey> parse_signed_prekey(const Node& skey) {
  PublicSignedPreKey out;
  LK_TRY(out.id, id_in(skey));
  LK_TRY(out.value, array_child<32>(skey, "value"));
  LK_TRY(out.signature, array_child<64>(skey, "signature"));
  return out;
}

}  // namespace linekeeper::transport::message
