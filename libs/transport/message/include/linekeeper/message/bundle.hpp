#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "linekeeper/message/iq.hpp"
#include "linekeeper/message/prekeys.hpp"

namespace linekeeper::transport::message {

/// What is needed to start a session with a device.
struct Bundle {
  DeviceKeys device;
  std::optional<PublicPreKey>
      prekey;             ///< Absent when the device ran out of one-time prekeys: a session starts without.
  Bytes device_identity;  ///< The signed identity of a companion; empty for a phone.
};

/// Whether the signed prekey is signed by the identity. A bundle for which this is false is to be refused.
bool signature_holds(const Bundle& bundle);

/// Asks for the bundles of devices, all in one request. `changed_identity` says that a device's keys turned out to be
/// new.
Node bundle_request(std::string_view id, std::span<const Jid> devices, bool changed_identity = false);

struct BundleAnswer {
  Jid device;
  Result<Bundle> bundle;  ///< `iq_error`, `malformed_message`, `bad_signature`: skip this device, keep the others.
  std::optional<ServerError> error;  ///< With `iq_error`.
};

/// One entry for each device the server named. Errors: those of `expect_result`, and `malformed_message` if there is no
/// list. Code 406 means that at least one device is not registered: ask for each alone, once.
Result<std::vector<BundleAnswer>> parse_bundles(const Node& answer);

}  // namespace linekeeper::transport::message
