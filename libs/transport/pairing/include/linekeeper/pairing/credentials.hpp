#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"
#include "linekeeper/crypto/x25519.hpp"
#include "linekeeper/node/jid.hpp"
#include "linekeeper/signal/prekey.hpp"

namespace linekeeper::transport {

/// Everything that makes us one linked device. Secret as a whole. A plain value; whoever holds it keeps it stored.
struct DeviceCredentials {
  // Made before the first connection.
  crypto::KeyPair noise;     ///< Proves this device at every login.
  crypto::KeyPair identity;  ///< Signal identity; signs the link.
  signal::SignedPrekey signed_prekey;
  std::uint32_t registration_id = 0;  ///< 1 … 16380.
  SecretKey32 adv_secret;             ///< In the QR; keys the phone's answer. Replaced whenever the server retires it.
  std::uint32_t next_prekey_id = 1;   ///< The first id never used.

  // Learned at pair-success. `me` decides between login and registration, so it is never set earlier.
  std::optional<Jid> me;      ///< Phone number and device.
  std::optional<Jid> lid;     ///< Hidden id and the same device.
  Bytes device_identity;      ///< ADVSignedDeviceIdentity, account key and our signature included.
  std::string platform;       ///< What the phone runs.
  std::string business_name;  ///< Empty for consumers.
  Bytes client_props;         ///< What the phone said about its state; empty if nothing.

  // Learned later.
  bool prekeys_uploaded = false;    ///< The server has prekeys of this device, and they are known to be these.
  Bytes routing_info;               ///< Where the server wants us to connect next time.
  std::uint32_t login_counter = 0;  ///< Logins that succeeded.
  std::string push_name;            ///< The account's own display name.
  std::uint32_t session_era = 0;    ///< How often the stored state went back in time: older sessions are not sent in.

  bool registered() const noexcept { return me.has_value(); }
};

/// A device that never connected.
DeviceCredentials fresh_credentials();

/// A new adv secret: the server retired the old one, or a code flow that had replaced it was abandoned. The present ref
/// is then shown under the new one.
void renew_adv_secret(DeviceCredentials& credentials);

Bytes serialize(const DeviceCredentials& credentials);
/// `stored` is trusted to be what `serialize` made: it comes out of a seal. Errors: `unsupported_version` if a newer
/// program wrote it, `malformed_value` if it does not parse.
Result<DeviceCredentials> parse_credentials(ByteView stored);

}  // namespace linekeeper::transport
