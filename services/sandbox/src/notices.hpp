#pragma once

#include "core.hpp"

namespace linekeeper::sandbox {

/// Tells the account's other companions (the whole list) and those who know the account (the change).
void announce_added_device(Core& core, const Device& added);
void announce_removed_device(Core& core, Account& account, std::uint16_t removed);

/// The device is gone: its keys and queue, its connection with `device_removed`, and everybody is told.
/// False if there is no such companion.
bool remove_device(Core& core, Account& account, std::uint16_t id);

/// `<notification type=encrypt><count value/>`: the device should upload more one-time keys.
void ask_for_keys(Core& core, Device& device);

/// A notification with the attributes all of them have.
Node notification(Core& core, const Jid& from, std::string_view type);

/// "2:" and eight characters over all devices of one user, as whatsmeow computes it.
std::string device_hash(const Account& account, Server space);

/// `<key-index-list ts>` with the phone's signature.
Node key_index_node(Core& core, Account& account, bool with_signature);

}  // namespace linekeeper::sandbox
