#pragma once

#include <span>

#include "router.hpp"

namespace linekeeper::sandbox {

/// `<participant jid phone_number type?/>`.
Node member_node(const Member& member);

/// `<group …>` with everything a client may ask about it.
Node group_node(const Group& group);

/// What changed, to every device of every member and to `others` who are members no more. Also to the device that did
/// it: whatsmeow learns from that who gets its keys from then on. A bare `create` stands for the whole group.
/// The numbers of two accounts in one group become known to each other: they hear of each other's devices from then on.
void tell_group(Core& core, const Group& group, const Author& author, const Node& change,
                std::span<Account* const> others = {});

/// The whole group to somebody who was added: some clients announce it only then.
void tell_newcomer(Core& core, const Group& group, const Author& author, Account& newcomer);

}  // namespace linekeeper::sandbox
