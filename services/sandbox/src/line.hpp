#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "device.hpp"
#include "registration.hpp"
#include "wire.hpp"

namespace linekeeper::sandbox {

/// One connection after its handshake.
struct Line {
  enum class Stage : std::uint8_t {
    registering,  ///< Shows QR codes.
    passive,      ///< Logged in; the queue waits for its `active`.
    active,       ///< Queue delivered, stanzas go out as they come.
    ending,       ///< Told to go; whatever it still says is ignored.
  };

  ConnectionId id = 0;
  Stage stage = Stage::registering;
  std::int64_t since_ms = 0;
  Device* device = nullptr;                    ///< Null while registering and once ending.
  std::unique_ptr<Registration> registration;  ///< Null after login.
  std::vector<Account*> watched;               ///< Presence subscriptions, ended with the line.
  Journal journal;                             ///< While registering; later the device's own.
  std::uint64_t stanzas_in = 0;
  std::uint64_t stanzas_out = 0;
};

}  // namespace linekeeper::sandbox
