#pragma once

#include "core.hpp"

namespace linekeeper::sandbox {

/// `<receipt>` from a companion: confirms what it names, is acknowledged, and goes on to whom it concerns.
void route_receipt(Core& core, Device& from, const Node& receipt);

/// A phone tells an author that its messages were read: all devices of the author hear it.
void send_phone_read(Core& core, Account& reader, const Jid& author, const std::vector<std::string>& ids);

/// `<ack>` from a companion: its stanza leaves the queue.
void on_ack(Device& from, const Node& ack);

}  // namespace linekeeper::sandbox
