#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/node/node.hpp"

namespace linekeeper::transport::message {

/// Proof that an account trusts a contact: made by the server when the account issues it, shown by the contact with
/// what it sends (`DirectMessage::tctoken`).
struct TrustedContactToken {
  Bytes bytes;
  std::uint64_t time = 0;  ///< Unix seconds of its making.
};

/// Issues ours to a contact. Sent after a message to them.
Node trust_request(std::string_view id, const Jid& contact, std::uint64_t now);

/// The token of kind `trusted_contact` in a `privacy_token` notification; nothing if there is none with content.
std::optional<TrustedContactToken> trusted_contact_token(const Node& notification);

}  // namespace linekeeper::transport::message
