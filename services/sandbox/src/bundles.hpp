#pragma once

#include "core.hpp"
#include "linekeeper/signal/prekey.hpp"

namespace linekeeper::sandbox {

/// A one-time key of the device, counted and gone; the device hears when few are left. Nothing if it has none.
std::optional<OneTimeKey> take_key(Core& core, Device& device);

/// What a phone needs to start a session with the device, with a one-time key if there is one.
transport::signal::PreKeyBundle take_bundle(Core& core, Device& device);

}  // namespace linekeeper::sandbox
