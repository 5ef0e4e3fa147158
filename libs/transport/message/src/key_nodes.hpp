#pragma once

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
Result<Key32> key_child(const Node& node, std::string_view tag);
Result<std::uint32_t> registration_in(const Node& node);
Result<void> expect_type(const Node& node);
Result<PublicPreKey> parse_prekey(const Node& key);
/// The same in a retry receipt, where one client writes the value with its type byte in front.
Result<PublicPreKey> parse_retry_prekey(const Node& key);
Result<PublicSignedPreKey> parse_signed_prekey(const Node& skey);

}  // namespace linekeeper::transport::message
