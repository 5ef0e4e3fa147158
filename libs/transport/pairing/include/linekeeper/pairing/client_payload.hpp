#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/pairing/credentials.hpp"

namespace linekeeper::transport {

/// The version we say we are. A number too old is refused with failure 405.
struct ClientVersion {
  std::uint32_t primary = 2;
  std::uint32_t secondary = 3000;
  std::uint32_t tertiary = 0;

  std::string str() const;  ///< `2.3000.1035194821`.
  friend bool operator==(const ClientVersion&, const ClientVersion&) = default;
};

/// What kind of device the phone lists. The wire's numbers.
enum class DevicePlatform : std::uint8_t { unknown = 0, chrome = 1, firefox = 2, safari = 5, edge = 6, desktop = 7 };

/// What we tell the server about ourselves.
struct ClientProfile {
  ClientVersion version;
  std::string language = "en";
  std::string country = "US";
  std::string device_name = "Linux";  ///< In the phone's list of linked devices.
  std::array<std::uint32_t, 3> device_version{1, 0, 0};
  DevicePlatform platform = DevicePlatform::chrome;
  bool full_history = false;  ///< Ask the phone for all history instead of recent chats.
};

/// MD5 of the version as text.
std::array<std::uint8_t, 16> build_hash(const ClientVersion& version);

/// The payload of a device that is to be paired.
Bytes registration_payload(const DeviceCredentials& credentials, const ClientProfile& profile);
/// The payload of a paired device. Errors: `invalid_argument` if it is not paired or its number is no number.
Result<Bytes> login_payload(const DeviceCredentials& credentials, const ClientProfile& profile);
/// Whichever fits.
Result<Bytes> client_payload(const DeviceCredentials& credentials, const ClientProfile& profile);

// The server's side.

/// A device that wants to be paired.
struct RegistrationRequest {
  std::uint32_t registration_id = 0;
  Key32 identity{};
  std::uint32_t signed_prekey_id = 0;
  Key32 signed_prekey{};
  crypto::Signature signed_prekey_signature{};
  Bytes build_hash;
  Bytes device_props;       ///< As received: relayed to the phone.
  std::string device_name;  ///< From the props.
};

/// A paired device that logs in.
struct LoginRequest {
  std::string user;  ///< Digits.
  std::uint16_t device = 0;
  std::int32_t login_counter = 0;
};

struct ClientHelloPayload {
  ClientVersion version;
  bool passive = false;
  bool pull = false;
  std::string push_name;
  std::variant<RegistrationRequest, LoginRequest> request;
};

/// Errors: `malformed_message` if it does not parse or is neither of the two; `bad_signature` if the signed prekey is
/// not signed by the identity.
Result<ClientHelloPayload> parse_client_payload(ByteView bytes);

}  // namespace linekeeper::transport
