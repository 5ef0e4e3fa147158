#pragma once

#include <cstdint>
#include <optional>

#include "linekeeper/crypto/x25519.hpp"
#include "linekeeper/node/jid.hpp"
#include "linekeeper/signal/fields.hpp"
#include "linekeeper/signal/messages.hpp"
#include "linekeeper/signal/prekey.hpp"

namespace linekeeper::sandbox {

/// A phone's Signal side: its keys and its sessions, all in memory. Made when it is first needed, so that ten thousand
/// silent phones cost little. Addresses are always the hidden ids: one session per device, whatever name a stanza used.
class PhoneRatchets {
 public:
  explicit PhoneRatchets(crypto::KeyPair identity);

  /// With a one-time key that nobody else gets; there is always another one.
  transport::signal::PreKeyBundle bundle();

  bool has_session(const transport::Jid& device);
  /// Errors: `bad_signature`.
  Result<void> start_session(const transport::Jid& device, const transport::signal::PreKeyBundle& bundle);
  /// Pads, then encrypts. Errors: `no_session`.
  Result<transport::signal::Sealed> encrypt(const transport::Jid& device, Bytes plaintext);
  /// Without padding. Errors: those of `signal::Workspace::decrypt`, and `malformed_message` for bad padding.
  Result<Bytes> decrypt(const transport::Jid& device, transport::signal::CipherType type, ByteView sealed);
  /// The device is gone.
  void forget(const transport::Jid& device);

 private:
  void apply(const transport::signal::Changes& changes);

  crypto::KeyPair identity_;
  std::uint32_t registration_id_;
  transport::signal::SignedPrekey signed_prekey_;
  std::uint32_t next_prekey_ = 1;
  transport::signal::Fetched records_;
};

}  // namespace linekeeper::sandbox
