#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/signal/address.hpp"

namespace linekeeper::transport::signal {

/// One field of the stored state: its new value, or nothing to erase it. All values are secret.
struct Change {
  std::string field;
  std::optional<Bytes> value;
};

/// To be applied all or none. No field occurs twice.
using Changes = std::vector<Change>;

/// Stored fields that exist, by name.
using Fetched = std::map<std::string, Bytes, std::less<>>;

// The names of what we store. They contain phone numbers and hidden ids.

/// The session record of one device: the present ratchet and up to five archived ones.
std::string session_field(const Address& address);
/// The identity key last seen of one device.
std::string identity_field(const Address& address);
/// What one sender distributed to one group (`group` as its JID prints).
std::string sender_key_field(std::string_view group, const Address& sender);
/// The block that holds this one-time prekey (`prekey_block.hpp`).
std::string prekey_field(std::uint32_t prekey_id);
std::string signed_prekey_field(std::uint32_t signed_prekey_id);

/// What `Workspace` needs to encrypt to, decrypt a `msg` from, or start a session with this device.
std::vector<std::string> session_fields(const Address& address);

}  // namespace linekeeper::transport::signal
