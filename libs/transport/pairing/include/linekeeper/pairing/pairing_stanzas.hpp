#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linekeeper/base/result.hpp"
#include "linekeeper/node/node.hpp"

namespace linekeeper::transport {

// Parsers return `malformed_message` for anything that does not have the shape; `id` is always the iq's or
// notification's own.

// Companion and server.

/// `pair-device`: fresh refs.
bool is_pair_device(const Node& iq) noexcept;
Result<std::vector<std::string>> parse_pair_device(const Node& iq);
Node pair_device(std::string_view id, const std::vector<std::string>& refs);

/// The empty result to an iq of the server.
Node iq_result_to(const Node& iq);
Node iq_error_to(const Node& iq, int code, std::string_view text);

/// `companion_reg_refresh` really asks for a new adv secret (a notification without its child is to be ignored).
bool asks_registration_refresh(const Node& notification) noexcept;
/// Acknowledges any notification, also while there is no account: id, to, class, type.
Node notification_ack(const Node& notification);

struct PairSuccessParts {
  std::string id;
  std::int64_t time = 0;  ///< Unix seconds.
  Bytes container;        ///< From the phone, untouched.
  Jid device;
  Jid lid;
  std::string platform = "android";
  std::string business;  ///< Empty for consumers.
  std::string country_iso = "DE";
  std::string country_code = "49";
  Bytes client_props;  ///< Empty to leave out.
};
Node pair_success(const PairSuccessParts& parts);

/// `pair-device-sign`, as the server reads it.
struct DeviceSign {
  std::uint32_t key_index = 0;
  Bytes identity;  ///< ADVSignedDeviceIdentity without account key.
};
Result<DeviceSign> parse_pair_device_sign(const Node& iq);

/// Our logout, or the phone removing one of its companions.
Node remove_companion_device(std::string_view id, const Jid& device, std::string_view reason = "user_initiated");
Node remove_all_companions(std::string_view id, std::string_view reason = "user_initiated");
struct CompanionRemoval {
  bool all = false;
  Jid device;  ///< Unless `all`.
  std::string reason;
};
Result<CompanionRemoval> parse_remove_companion_device(const Node& iq);

// Phone and server.

/// What the phone uploads once it scanned a QR or finished a code.
struct CompanionUpload {
  std::string id;
  std::string ref;
  Bytes noise_key;                   ///< The companion's, 32 bytes.
  Bytes container;                   ///< ADVSignedDeviceIdentityHMAC.
  std::uint64_t key_index_time = 0;  ///< Unix seconds.
  Bytes key_index_list;              ///< ADVSignedKeyIndexList.
  Bytes client_props;                ///< May be empty.
};
Node companion_upload(const CompanionUpload& upload);
Result<CompanionUpload> parse_companion_upload(const Node& iq);
Node companion_upload_result(const Node& iq, const Jid& device, ByteView device_props);
/// The new device. Accepts it as a child or one level deeper.
Result<Jid> parse_companion_upload_result(const Node& iq);

/// The phone tells everybody which links are alive.
Node publish_key_index_list(std::string_view id, std::uint64_t time, ByteView signed_list);

}  // namespace linekeeper::transport
