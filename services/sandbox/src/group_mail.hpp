#pragma once

#include "router.hpp"

namespace linekeeper::sandbox {

/// A message to a group: every device of every member but the author's gets what is meant for it alone and what is
/// meant for all; a resend only the device that it names. 0, or the error code for the ack.
unsigned route_group_message(Core& core, const Author& from, const Node& stanza, const Jid& chat);

/// A receipt for a message in a group. It names the author; everybody else's business it is not.
void route_group_receipt(Core& core, Device& from, const Jid& chat, const Node& receipt);

}  // namespace linekeeper::sandbox
