#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/node/node.hpp"

namespace linekeeper::transport::message {

/// Ids have three bytes on the wire: 1 to this, then again from 1.
inline constexpr std::uint32_t kMaxPreKeyId = 0xffffff;

/// A one-time prekey as others see it. 32 raw bytes, without the type byte that Signal's own messages put in front.
struct PublicPreKey {
  std::uint32_t id = 0;
  Key32 value{};
  friend bool operator==(const PublicPreKey&, const PublicPreKey&) = default;
};

struct PublicSignedPreKey {
  std::uint32_t id = 0;
  Key32 value{};
  std::array<std::uint8_t, 64> signature{};  ///< XEdDSA by the identity over `05 || value`.
  friend bool operator==(const PublicSignedPreKey&, const PublicSignedPreKey&) = default;
};

/// What a device publishes about itself.
struct DeviceKeys {
  std::uint32_t registration_id = 0;
  Key32 identity{};
  PublicSignedPreKey signed_prekey;
};

/// Stores one-time prekeys with the server. Save them before this is sent: a message to one of them can arrive at once.
Node upload_request(std::string_view id, const DeviceKeys& device, std::span<const PublicPreKey> prekeys);

/// How many one-time prekeys the server still has.
Node count_request(std::string_view id);
/// A missing value counts as 0. Errors: those of `expect_result`, `malformed_message`.
Result<std::uint32_t> parse_count(const Node& answer);
/// The number of one-time prekeys left, if `notification` says that they run low. Nothing for other notifications.
std::optional<std::uint32_t> low_prekeys(const Node& notification);
/// Whether the notification asks to compare digests.
bool asks_for_digest(const Node& notification);

/// What the server holds of this device, to compare with one's own.
Node digest_request(std::string_view id);
struct KeyDigest {
  DeviceKeys device;
  std::vector<std::uint32_t> prekey_ids;
  std::array<std::uint8_t, 20> hash{};
};
/// Errors: those of `expect_result` (an `iq_error` with code 404 means: upload again), `malformed_message`.
Result<KeyDigest> parse_digest(const Node& answer);
/// The hash over the same keys as this device has them; `prekeys` in the order of `prekey_ids`.
std::array<std::uint8_t, 20> digest_of(const DeviceKeys& device, std::span<const PublicPreKey> prekeys);

/// Replaces the signed prekey at the server.
Node rotate_request(std::string_view id, const PublicSignedPreKey& signed_prekey);

}  // namespace linekeeper::transport::message
