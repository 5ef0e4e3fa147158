#include "iq.hpp"
#include "linekeeper/base/bytes.hpp"
#include "linekeeper/crypto/random.hpp"
#include "notices.hpp"
#include "phone.hpp"

namespace linekeeper::sandbox {

/// After `active` the client gets what waited for it, and after its first queue what its phone has for it.
Node iq_passive(IqRequest& request) {
  if (request.child("passive") != nullptr) {
    request.line.stage = Line::Stage::passive;
    return request.result();
  }
  if (request.child("active") == nullptr) return request.error(400);
  request.after = [&core = request.core, &device = request.device] {
    drain(core, device);
    if (!std::exchange(device.welcomed, true)) device.account.phone->welcome(core, device);
  };
  return request.result();
}

Node iq_ping(IqRequest& request) {
  return request.result().with("t", request.core.now());
}

/// No experiments are configured: an empty list that stays valid for a day.
Node iq_properties(IqRequest& request) {
  Node props("props");
  if (request.iq.attr_is("xmlns", "abt"))
    props.with("protocol", 1)
        .with("hash", "sandbox")
        .with("refresh", 86400)
        .with("refresh_id", 0)
        .with("ab_key", "sandbox");
  return request.result().add(std::move(props));
}

Node iq_empty(IqRequest& request) {
  return request.result();
}

Node iq_media_connection(IqRequest& request) {
  if (request.child("media_conn") == nullptr) return request.error(400);
  return request.result().add(Node("media_conn")
                                  .with("auth", to_hex(crypto::random_bytes(16)))
                                  .with("ttl", 3600)
                                  .with("auth_ttl", 21600)
                                  .with("max_buckets", 12)
                                  .add(Node("host")
                                           .with("hostname", request.core.settings.media_host)
                                           .with("type", "primary")
                                           .with("class", "mms")));
}

/// A companion may remove itself, nobody else; the phone's removals come by another way.
Node iq_devices(IqRequest& request) {
  const Node* removal = request.child("remove-companion-device");
  if (removal == nullptr) return request.error(501);
  const auto jid = removal->jid("jid");
  if (!jid) return request.error(400);
  if (request.core.directory.find(*jid) != &request.account() || jid->device != request.device.id)
    return request.error(403);
  request.after = [&core = request.core, &account = request.account(), id = request.device.id] {
    remove_device(core, account, id);
  };
  return request.result();
}

/// None of the persisted queries exists here.
Node iq_mex(IqRequest& request) {
  return request.error(400);
}

}  // namespace linekeeper::sandbox
