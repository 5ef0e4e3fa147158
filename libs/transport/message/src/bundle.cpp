#include "linekeeper/message/bundle.hpp"

#include "key_nodes.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/xeddsa.hpp"

namespace linekeeper::transport::message {
namespace {

Result<Bundle> parse_bundle(const Node& user) {
  if (user.child("error") != nullptr) return Errc::iq_error;
  // Some servers put everything but the registration id into a wrapper, as retry receipts do.
  const Node* wrapped = user.child("keys");
  const Node& keys = wrapped == nullptr ? user : *wrapped;
  const Node* skey = keys.child("skey");
  if (skey == nullptr) return Errc::malformed_message;
  Bundle out;
  LK_CHECK(expect_type(keys));
  LK_TRY(out.device.registration_id, registration_in(user.child("registration") == nullptr ? keys : user));
  LK_TRY(out.device.identity, array_child<32>(keys, "identity"));
  LK_TRY(out.device.signed_prekey, parse_signed_prekey(*skey));
  if (const Node* key = keys.child("key")) {
    LK_TRY(out.prekey, parse_prekey(*key));
  }
  if (const Node* identity = keys.child("device-identity")) out.device_identity = to_bytes(identity->bytes());
  if (!signature_holds(out)) return Errc::bad_signature;
  return out;
}

}  // namespace

bool signature_holds(const Bundle& bundle) {
  const auto& key = bundle.device.signed_prekey;
  Bytes over = {5};
  append(over, key.value);
  return crypto::xeddsa_verify(bundle.device.identity, over, key.signature);
}

Node bundle_request(std::string_view id, std::span<const Jid> devices, bool changed_identity) {
  std::vector<Node> users;
  users.reserve(devices.size());
  for (const Jid& jid : devices) {
    Node& user = users.emplace_back("user").with("jid", jid);
    if (changed_identity) user.with("reason", "identity");
  }
  return iq_get(id, "encrypt").add(Node("key").add_all(std::move(users)));
}

Result<std::vector<BundleAnswer>> parse_bundles(const Node& answer) {
  LK_CHECK(expect_result(answer));
  const Node* list = answer.child("list");
  if (list == nullptr) return Errc::malformed_message;
  std::vector<BundleAnswer> out;
  for (const Node& user : list->children()) {
    auto jid = user.jid("jid");
    if (user.tag != "user" || !jid || !jid->is_user()) continue;  // nobody to give it to
    out.push_back({std::move(*jid), parse_bundle(user), error_in(user)});
  }
  return out;
}

}  // namespace linekeeper::transport::message
