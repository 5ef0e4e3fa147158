#pragma once

#include <cstdint>
#include <optional>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/crypto/x25519.hpp"
#include "linekeeper/noise/certificate.hpp"
#include "linekeeper/noise/symmetric_state.hpp"
#include "linekeeper/noise/transport_cipher.hpp"

namespace linekeeper::transport {

/// The client's side of the Noise handshake as a plain machine: bytes in, next step out.
/// XX by default; IK if the server's key is already known, with the fallback the server may ask for.
/// One object per connection, one thread at a time.
class ClientHandshake {
 public:
  struct Settings {
    crypto::KeyPair noise_key;                 ///< The device's long-lived key.
    Bytes client_payload;                      ///< Serialized ClientPayload: a login or a registration.
    Key32 root = kProductionNoiseRoot;         ///< Whom the server's certificates must come from.
    Bytes routing_info;                        ///< From an earlier connection; empty if none.
    std::optional<crypto::KeyPair> ephemeral;  ///< Fresh unless given (tests).
    std::optional<Key32> server_key;           ///< Chooses IK with this server key.
  };

  struct Done {
    Bytes message;  ///< Write this, ClientFinish with its frame header; empty after IK, where nothing is left to say.
    TransportCipher cipher;   ///< Every frame from here on.
    CertificateChain server;  ///< Verified.
  };

  explicit ClientHandshake(Settings settings);

  /// The first bytes on the connection: intro and framed ClientHello. Call once.
  Bytes start();

  /// The payload of the server's first frame. `now` in unix seconds, for the certificates; `cache` may be null.
  /// Call once, after `start`.
  /// Errors: `malformed_message` if it is no ServerHello of the right lengths, `decrypt_failed` if it was not made for
  /// our ClientHello, `certificate_invalid` if the server is not who it must be. The connection is then over.
  Result<Done> on_server_hello(ByteView payload, std::uint64_t now, CertificateCache* cache = nullptr);

  /// The transcript, for tests.
  const SymmetricState& state() const noexcept { return state_; }

 private:
  Result<Done> finish_xx(const Key32& server_ephemeral, ByteView sealed_static, ByteView sealed_chain,
                         std::uint64_t now, CertificateCache* cache);
  Result<Done> finish_ik(const Key32& server_static, const Key32& server_ephemeral, ByteView sealed_chain,
                         std::uint64_t now, CertificateCache* cache);

  enum class Stage : std::uint8_t { kNew, kHelloSent, kOver };

  Settings settings_;
  crypto::KeyPair ephemeral_;
  SymmetricState state_;
  Stage stage_ = Stage::kNew;
};

}  // namespace linekeeper::transport
