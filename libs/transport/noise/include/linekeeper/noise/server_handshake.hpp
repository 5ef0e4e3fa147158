#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/crypto/x25519.hpp"
#include "linekeeper/noise/certificate.hpp"
#include "linekeeper/noise/symmetric_state.hpp"
#include "linekeeper/noise/transport_cipher.hpp"

namespace linekeeper::transport {

/// The server's side of the Noise handshake as a plain machine. Answers XX with XX; a client that opens with IK is
/// accepted if it used our present key, otherwise led to XXfallback: answering such a hello with plain XX would make
/// it come back for ever.
class ServerHandshake {
 public:
  struct Settings {
    bool accept_ik = true;                     ///< False: every IK hello is answered by XXfallback.
    std::optional<crypto::KeyPair> ephemeral;  ///< Fresh unless given (tests).
  };

  /// Write `message` (framed ServerHello) alone in one WebSocket message, then bring the client's next frame.
  struct Send {
    Bytes message;
  };
  /// Write `message` unless empty (after IK it is the framed ServerHello); every later frame goes through `cipher`.
  struct Done {
    Bytes message;
    TransportCipher cipher;
    Key32 client_key;      ///< The device's noise key: a login must match the one it paired with.
    Bytes client_payload;  ///< Serialized ClientPayload, not yet parsed.
    NoisePattern pattern;
  };
  using Step = std::variant<Send, Done>;

  /// `identity` is copied.
  explicit ServerHandshake(const ServerIdentity& identity) : ServerHandshake(identity, Settings{}) {}
  ServerHandshake(const ServerIdentity& identity, Settings settings);

  /// The payload of the client's next frame. Errors: `malformed_message` if it is not the message that is due or has
  /// wrong lengths, `decrypt_failed` if it does not open. The connection is then over.
  Result<Step> on_frame(ByteView payload);

  /// The transcript, for tests.
  const SymmetricState& state() const noexcept { return state_; }

 private:
  struct Hello {
    Key32 ephemeral;
    Bytes sealed_static;
    Bytes sealed_payload;
  };

  Result<Step> on_client_hello(ByteView payload);
  Result<Step> on_client_finish(ByteView payload);
  /// Nothing if the client used another key of ours, or garbage.
  std::optional<Step> try_ik(const Hello& hello);
  Result<Step> answer_xx(NoisePattern pattern, const Key32& client_ephemeral);

  enum class Stage : std::uint8_t { kHello, kFinish, kOver };

  ServerIdentity identity_;
  Settings settings_;
  crypto::KeyPair ephemeral_;
  SymmetricState state_;
  NoisePattern pattern_ = NoisePattern::kXX;
  Stage stage_ = Stage::kHello;
};

}  // namespace linekeeper::transport
