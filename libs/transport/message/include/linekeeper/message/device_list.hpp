#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/node/node.hpp"

namespace linekeeper::transport::message {

struct ListedDevice {
  std::uint8_t id = 0;                     ///< 0 is the phone.
  std::optional<std::uint32_t> key_index;  ///< Companions have one; one without cannot be written to.
  bool hosted = false;
};

/// The companions an account vouches for.
struct KeyIndexes {
  std::uint32_t current = 0;
  std::vector<std::uint32_t> valid;
  std::uint64_t time = 0;

  /// A companion counts if its index is listed, or newer than the list.
  bool allows(std::uint32_t key_index) const noexcept;
};

/// The devices of one user, as the server tells them.
struct DeviceList {
  std::vector<ListedDevice> devices;
  Bytes signed_indexes;  ///< The signed list as it came; empty if there was none.
  std::optional<KeyIndexes> indexes;
};

/// `signed_list` parsed, its signature not checked. Error: `malformed_message`.
Result<KeyIndexes> parse_key_indexes(ByteView signed_list);

/// Whether the list is signed by this account's identity key.
bool key_indexes_signed_by(ByteView signed_list, const Key32& account_key);

/// From a `<devices>` node. Error: `malformed_message`, also for a device number beyond 255 and for a broken signed
/// list.
Result<DeviceList> parse_device_list(const Node& devices);

/// The devices to write to, as addresses of `user` (in whichever form it is): the phone, and companions that the key
/// indexes allow. Without a signed list every companion that has an index counts. Hosted devices never.
std::vector<Jid> reachable_devices(const Jid& user, const DeviceList& list);

}  // namespace linekeeper::transport::message
