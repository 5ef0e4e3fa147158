#include "bundles.hpp"
#include "iq.hpp"
#include "linekeeper/base/errc.hpp"
#include "phone.hpp"

namespace linekeeper::sandbox {

namespace {

bool key_fault(Core& core, const Subject& subject, std::string_view variant) {
  return !core.faults.all().empty() && core.faults.take("prekeys", subject, "variant", variant).has_value();
}

/// `<user>` with what is needed to start a session, or an error for this one device.
Node bundle(IqRequest& request, const Jid& jid) {
  Core& core = request.core;
  Node user("user");
  user.with("jid", jid);
  Account* account = core.directory.find(jid);
  if (account == nullptr) return user.add(error_node(404));
  Device* device = account->device(jid.device);
  if (device == nullptr && jid.device != 0) return user.add(error_node(404));

  const Subject subject{0, account->number(), jid.device};
  if (key_fault(core, subject, "missing")) return user.add(error_node(404));
  if (device == nullptr) {
    account->phone->write_bundle(user);
    return user;
  }
  // Some clients ask for their own bundle with every text; that must not eat up their keys.
  const bool own = device == &request.device;
  std::optional<OneTimeKey> one_time;
  if (!own && !key_fault(core, subject, "none")) one_time = take_key(core, *device);
  device->keys.write_bundle(user, one_time);
  user.add(Node("device-identity").holding(device->signed_identity));
  return user;
}

}  // namespace

Node iq_encrypt_get(IqRequest& request) {
  const PrekeyStore& own = request.device.keys;
  if (request.child("count") != nullptr) {
    const bool zero = key_fault(request.core, Core::subject(request.line), "zero");
    return request.result().add(Node("count").with("value", zero ? 0 : own.left()));
  }
  if (request.child("digest") != nullptr) {
    if (!own.uploaded()) return request.error(404);
    return request.result().add(own.digest());
  }
  if (const Node* wanted = request.child("key")) {
    Node list("list");
    for (const Node& user : wanted->children()) {
      const auto jid = user.jid("jid");
      if (!jid) return request.error(400);
      list.add(bundle(request, *jid));
    }
    return request.result().add(std::move(list));
  }
  return request.error(501);
}

Node iq_encrypt_set(IqRequest& request) {
  PrekeyStore& own = request.device.keys;
  if (const Node* rotate = request.child("rotate")) {
    if (!own.rotate(*rotate)) return request.error(406);
    return request.result();
  }
  if (const Node* identity = request.child("identity"); identity != nullptr) {
    // The account signed exactly one identity key for this device.
    const auto key = exactly<32>(identity->bytes());
    if (!key || *key != own.identity) return request.error(409);
  }
  if (const auto stored = own.upload(request.iq); !stored)
    return request.error(stored.error() == Errc::bad_signature ? 406 : 400);
  return request.result();
}

}  // namespace linekeeper::sandbox
