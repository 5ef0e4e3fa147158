#include "linekeeper/message/privacy_token.hpp"

#include "linekeeper/message/iq.hpp"

namespace linekeeper::transport::message {
namespace {

constexpr std::string_view kKind = "trusted_contact";

}  // namespace

Node trust_request(std::string_view id, const Jid& contact, std::uint64_t now) {
  return iq_set(id, "privacy")
      .add(Node("tokens").add(Node("token").with("jid", contact.bare()).with("t", now).with("type", kKind)));
}

std::optional<TrustedContactToken> trusted_contact_token(const Node& notification) {
  const Node* tokens = notification.child("tokens");
  if (tokens == nullptr) return std::nullopt;
  for (const Node& token : tokens->children()) {
    if (token.tag != "token" || !token.attr_is("type", kKind) || token.bytes().empty()) continue;
    return TrustedContactToken{to_bytes(token.bytes()), token.number("t").value_or(0)};
  }
  return std::nullopt;
}

}  // namespace linekeeper::transport::message
