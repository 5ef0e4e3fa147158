#include "linekeeper/message/retry.hpp"

#include "key_nodes.hpp"
#include "linekeeper/base/errc.hpp"

namespace linekeeper::transport::message {
namespace {

/// Nobody asks this often; a larger number is nonsense.
constexpr std::uint64_t kMostRetries = 255;

Node keys_node(const Bundle& keys) {
  Node out = Node("keys").add(type_node()).add(identity_node(keys.device.identity));
  if (keys.prekey) out.add(prekey_node(*keys.prekey));
  out.add(signed_prekey_node(keys.device.signed_prekey));
  if (!keys.device_identity.empty()) out.add(Node("device-identity").holding_bytes(keys.device_identity));
  return out;
}

Result<Bundle> parse_keys(const Node& keys, std::uint32_t registration_id) {
  const Node* skey = keys.child("skey");
  if (skey == nullptr) return Errc::malformed_message;
  Bundle out;
  out.device.registration_id = registration_id;
  LK_CHECK(expect_type(keys));
  LK_TRY(out.device.identity, array_child<32>(keys, "identity"));
  LK_TRY(out.device.signed_prekey, parse_signed_prekey(*skey));
  if (const Node* key = keys.child("key")) {
    LK_TRY(out.prekey, parse_retry_prekey(*key));
  }
  if (const Node* identity = keys.child("device-identity")) out.device_identity = to_bytes(identity->bytes());
  if (!signature_holds(out)) return Errc::bad_signature;
  return out;
}

}  // namespace

std::optional<Node> retry_receipt(const Node& message, const RetryAsk& ask) {
  const Value* id = message.find("id");
  const Value* from = message.find("from");
  if (id == nullptr || from == nullptr) return std::nullopt;
  Node receipt = Node("receipt").with("id", *id).with("to", *from).with("type", "retry");
  for (const auto* key : {"participant", "recipient"}) {
    if (const Value* value = message.find(key)) receipt.with(key, *value);
  }
  if (message.attr_is("category", "peer")) receipt.with("category", "peer");

  Node retry = Node("retry").with("count", ask.count).with("id", *id);
  if (const Value* time = message.find("t")) retry.with("t", *time);
  retry.with("v", "1");
  if (ask.reason) retry.with("error", static_cast<unsigned>(*ask.reason));
  receipt.add(std::move(retry)).add(registration_node(ask.registration_id));
  if (ask.keys) receipt.add(keys_node(*ask.keys));
  return receipt;
}

Result<RetryRequest> parse_retry(const Node& receipt) {
  const auto id = receipt.attr("id");
  const auto from = receipt.jid("from");
  const Node* retry = receipt.child("retry");
  if (receipt.tag != "receipt" || !receipt.attr_is("type", "retry")) return Errc::malformed_message;
  if (!id || id->empty() || !from || retry == nullptr) return Errc::malformed_message;
  RetryRequest out;
  out.message_id = *id;
  out.from = *from;
  if (receipt.has("participant")) {
    out.participant = receipt.jid("participant");
    if (!out.participant) return Errc::malformed_message;
  }
  out.recipient = receipt.jid("recipient");
  out.original_time = retry->number("t");
  const auto count = retry->number("count");
  if (!count || *count == 0 || *count > kMostRetries) return Errc::malformed_message;
  out.count = static_cast<std::uint32_t>(*count);
  LK_TRY(out.registration_id, registration_in(receipt));
  if (const Node* keys = receipt.child("keys")) {
    LK_TRY(out.keys, parse_keys(*keys, out.registration_id));
  }
  return out;
}

}  // namespace linekeeper::transport::message
