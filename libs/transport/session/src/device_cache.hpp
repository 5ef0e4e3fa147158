#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/node/node.hpp"

namespace linekeeper::transport {

/// The devices of one user that can be written to, as last heard; ascending, hosted ones left out.
struct CachedDevices {
  std::int64_t asked_at = 0;  ///< Unix seconds.
  std::vector<std::uint16_t> ids;

  bool fresh(std::int64_t now, std::int64_t max_age) const noexcept {
    return !ids.empty() && asked_at <= now && now - asked_at < max_age;
  }
  /// Their addresses under this form of the user.
  std::vector<Jid> of(const Jid& user) const;

  Bytes write() const;
  static Result<CachedDevices> read(ByteView value);
  static CachedDevices from(const std::vector<Jid>& devices, std::int64_t now);
};

/// What a `devices` notification says.
struct DeviceNotice {
  enum class Kind { add, remove, update };
  Kind kind = Kind::update;
  std::vector<std::uint16_t> ids;  ///< Added or removed companions.
  std::string hash;                ///< Of the user's whole list afterwards, in the form of the notification's `from`.
};
/// Nothing for anything else. Several operations in one: remove before add before update.
std::optional<DeviceNotice> read_device_notice(const Node& notification);

/// The list after the notice. Nothing: forget it and ask again when needed, because ours was not complete or nobody can
/// tell. `user` in the form of the notification's `from`.
std::optional<CachedDevices> apply(const DeviceNotice& notice, const std::optional<CachedDevices>& known,
                                   const Jid& user, std::int64_t now);

/// The whole own list of an account_sync; nothing if there is none in it.
std::optional<CachedDevices> read_own_devices(const Node& notification, std::int64_t now);

}  // namespace linekeeper::transport
