#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/node/node.hpp"

namespace linekeeper::transport {

/// One device of a user. Hosted ones are left out of every list: they are never addressed.
struct Device {
  std::uint16_t id = 0;
  std::uint32_t key_index = 0;
  friend bool operator==(const Device&, const Device&) = default;
};

/// The devices of one user, as last heard, in ascending order.
struct DeviceList {
  std::int64_t asked_at = 0;  ///< Unix seconds.
  std::vector<Device> devices;

  bool fresh(std::int64_t now, std::int64_t max_age) const noexcept {
    return asked_at <= now && now - asked_at < max_age && !devices.empty();
  }
  bool has(std::uint16_t id) const noexcept;

  Bytes write() const;
  static Result<DeviceList> read(ByteView value);
};

/// The `<devices>` of a usync answer. Companions without key-index are dropped, and those whose index is neither valid
/// nor newer than the signed list, if there is one. Nothing if it holds an error or no list.
std::optional<DeviceList> read_device_list(const Node& devices, std::int64_t now);

/// What a `devices` notification (or the `devices` of an account_sync) does to the list we have.
/// Nothing: forget it and ask again when needed. `removed` gets the ids that went away.
std::optional<DeviceList> apply_device_notice(const Node& notification, const std::optional<DeviceList>& known,
                                              const Jid& user, std::int64_t now, std::vector<std::uint16_t>& removed);

/// The full own list of an account_sync; nothing if it is not usable.
std::optional<DeviceList> read_own_devices(const Node& devices, std::int64_t now);

/// The participant hash over one user's devices, as `device_hash` has it.
std::string device_hash(const Jid& user, const DeviceList& list);

}  // namespace linekeeper::transport
