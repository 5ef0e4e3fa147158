#pragma once

#include "linekeeper/base/errc.hpp"
#include "linekeeper/message/prekeys.hpp"

namespace linekeeper::transport::message {

// The pieces that uploads, bundles, digests and retry receipts are made of. Parsers fail with `malformed_message`.

Node registration_node(std::uint32_t registration_id);
/// Curve25519, the only key type there is.
Node type_node();
Node identity_node(const Key32& identity);
Node prekey_node(const PublicPreKey& key);
Node signed_prekey_node(const PublicSignedPreKey& key);

/// The content of the named child, which must be there and have exactly this size.
Result<ByteView> sized_child(const Node& node, std::string_view tag, std::size_t size);
/// The same as an array.
template <std::size_t N>
Result<std::array<std::uint8_t, N>> array_child(const Node& node, std::string_view tag) {
  const Node* child = node.child(tag);
  const auto value = child == nullptr ? std::nullopt : exactly<N>(child->bytes());
  if (!value) return Errc::malformed_message;
  return *value;
}
Result<std::uint32_t> registration_in(const Node& node);
Result<void> expect_type(const Node& node);
Result<PublicPreKey> parse_prekey(const Node& key);
/// The same in a retry receipt, where one client writes the value with its type byte in front.
Result<PublicPreKey> parse_retry_prekey(const Node& key);
Result<PublicSignedPreKey> parse_signed_prekey(const Node& skey);

}  // namespace linekeeper::transport::message
