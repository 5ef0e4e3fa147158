#pragma once

#include <functional>
#include <string_view>

#include "core.hpp"
#include "stanza.hpp"

namespace linekeeper::sandbox {

/// One request of a logged-in companion.
struct IqRequest {
  Core& core;
  Line& line;
  Device& device;
  const Node& iq;
  /// Done once the answer is on its way; the device may be gone afterwards.
  std::function<void()> after;

  const Node* child(std::string_view tag) const { return iq.child(tag); }
  Node result() const { return iq_result(iq); }
  Node error(unsigned code) const { return iq_error(iq, code); }
  Account& account() const { return device.account; }
};

/// Answers one xmlns and type; for what it does not know in there, error 501.
using IqHandler = Node (*)(IqRequest&);

Node iq_encrypt_get(IqRequest& request);
Node iq_encrypt_set(IqRequest& request);
Node iq_usync(IqRequest& request);
Node iq_passive(IqRequest& request);
Node iq_ping(IqRequest& request);
Node iq_properties(IqRequest& request);
Node iq_privacy_get(IqRequest& request);
Node iq_privacy_set(IqRequest& request);
Node iq_blocklist_get(IqRequest& request);
Node iq_blocklist_set(IqRequest& request);
Node iq_disappearing_get(IqRequest& request);
Node iq_disappearing_set(IqRequest& request);
Node iq_empty(IqRequest& request);
Node iq_app_state(IqRequest& request);
Node iq_media_connection(IqRequest& request);
Node iq_picture_get(IqRequest& request);
Node iq_status_get(IqRequest& request);
Node iq_status_set(IqRequest& request);
Node iq_devices(IqRequest& request);
Node iq_groups_get(IqRequest& request);
Node iq_groups_set(IqRequest& request);
Node iq_mex(IqRequest& request);

/// Every request is answered at once: what nobody handles with error 501, because clients wait a minute for silence.
void answer_iq(Core& core, Line& line, const Node& iq);

/// The few requests of a connection that has not paired.
void answer_registration_iq(Core& core, Line& line, const Node& iq);

}  // namespace linekeeper::sandbox
