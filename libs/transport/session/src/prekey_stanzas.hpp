#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "linekeeper/node/node.hpp"
#include "linekeeper/pairing/credentials.hpp"
#include "linekeeper/signal/prekey.hpp"

namespace linekeeper::transport {

// Without ids: the caller adds them.

Node prekey_count_query();
/// A missing value counts as 0.
std::uint64_t read_prekey_count(const Node& iq);
Node prekey_upload(const DeviceCredentials& credentials, std::span<const signal::Prekey> keys);
Node prekey_digest_query();

/// `identity`: a known contact shows another identity.
Node bundles_query(const std::vector<Jid>& devices);

struct DeviceBundle {
  Jid device;
  std::optional<signal::PreKeyBundle> bundle;  ///< Nothing: the server has none for it, or it is malformed.
  int error = 0;                               ///< The server's code for this device.
};
/// Devices the server left out are absent.
std::vector<DeviceBundle> read_bundles(const Node& iq);

/// The children of a `<user>`, or of the `<keys>` in a retry receipt, whose registration id stands beside them.
std::optional<signal::PreKeyBundle> read_bundle(const Node& holder, std::optional<std::uint32_t> registration_id = {});

/// The 4 bytes of `<registration>`, if they are there.
std::optional<std::uint32_t> read_registration(const Node& holder);

/// `<type>`, `<identity>`, `<key>`, `<skey>`, `<device-identity>` for our own retry receipts.
Node own_keys(const DeviceCredentials& credentials, const signal::Prekey& prekey);
Node registration_node(std::uint32_t registration_id);

}  // namespace linekeeper::transport
