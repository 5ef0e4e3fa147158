#pragma once

#include "linekeeper/message/bundle.hpp"
#include "linekeeper/pairing/credentials.hpp"
#include "linekeeper/signal/prekey.hpp"

namespace linekeeper::transport {

/// What this device publishes about itself.
message::DeviceKeys own_device_keys(const DeviceCredentials& credentials);

/// The wire's bundle in the form sessions are started from.
signal::PreKeyBundle signal_bundle(const message::Bundle& bundle, std::uint32_t registration_id);

}  // namespace linekeeper::transport
