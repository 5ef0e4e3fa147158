#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"
#include "linekeeper/crypto/x25519.hpp"
#include "linekeeper/signal/address.hpp"
#include "linekeeper/signal/fields.hpp"
#include "linekeeper/signal/messages.hpp"
#include "linekeeper/signal/prekey.hpp"

namespace linekeeper::transport::signal {

/// Who we are to our peers.
struct LocalIdentity {
  crypto::KeyPair keys;
  std::uint32_t registration_id = 0;
};

/// A decrypted message.
struct Opened {
  SecretBytes plaintext;                     ///< Still padded.
  std::optional<std::uint32_t> used_prekey;  ///< The one-time prekey this message consumed.
  bool identity_changed = false;             ///< The peer shows another identity than the one stored: reinstalled.
};

/// What is known about the present session with a device.
struct SessionFacts {
  std::uint32_t registration_id = 0;  ///< The peer's.
  Key32 identity{};                   ///< The peer's.
  Key32 base_key{};                   ///< Differs between any two sessions.
  bool unacknowledged = false;        ///< We have decrypted nothing in it yet: we send `pkmsg`.
};

/// A session we began.
struct SessionStart {
  bool identity_changed = false;  ///< As in `Opened`.
};

/// Whether there was something to move that its new place lacked.
enum class Moved : bool { no, yes };

/// Signal sessions and sender keys over one fetched copy of the records.
///
/// The way: fetch the fields an operation names, `load` them, operate, commit `take_changes()` in one write, and only
/// then let ciphertext out or acknowledge what was decrypted. An operation that fails changes nothing. A record that
/// was not loaded is not the same as one that does not exist: touching it is `invalid_argument`, so that a forgotten
/// fetch cannot overwrite a session. A record that does not parse is `malformed_value`.
///
/// A plain value for one operation or a few, not for keeping. One thread at a time. Signal protocol version 3, at most
/// 5 archived sessions per device and 2,000 skipped keys per session, at most 2,000 messages ahead. Changed identities
/// are accepted and reported, as all WhatsApp clients do; the old session stays archived, so that what is still in
/// flight decrypts.
class Workspace {
 public:
  explicit Workspace(LocalIdentity self);
  Workspace(Workspace&&) noexcept;
  Workspace& operator=(Workspace&&) noexcept;
  ~Workspace();

  // Records.

  /// Everything asked for: names in `asked` that `found` lacks do not exist.
  void load(std::span<const std::string> asked, const Fetched& found);
  void load(std::string field, std::optional<Bytes> value);
  bool loaded(std::string_view field) const;

  /// All that changed since the last call; the workspace goes on with the changed records.
  Changes take_changes();

  // Between two devices. Needs `session_fields(address)`; `decrypt` of a pkmsg also the prekey and signed prekey it
  // names (`inspect_prekey_message`).

  /// `plaintext` is padded by the caller. Errors: `no_session`.
  Result<Sealed> encrypt(const Address& to, ByteView plaintext);

  /// Errors: `no_session`, `duplicate_message` (processed before: not a failure), `invalid_prekey_id` (the one-time or
  /// signed prekey is gone), `malformed_message`, `decrypt_failed`.
  Result<Opened> decrypt(const Address& from, CipherType type, ByteView bytes);

  /// Makes a session that we start; a present one is archived.
  /// Errors: `bad_signature` if the bundle's signed prekey is not signed by its identity.
  Result<SessionStart> start_session(const Address& with, const PreKeyBundle& bundle);

  /// Nothing if there is none to encrypt in.
  Result<std::optional<SessionFacts>> session(const Address& with) const;
  /// The identity last seen; nothing if none was.
  Result<std::optional<Key32>> identity(const Address& of) const;
  /// Forgets the session, archive included; the identity stays.
  Result<void> erase_session(const Address& with);

  /// A person became known under the hidden id: session and identity go over, unless `to` has a session already; then
  /// they are dropped. Needs both addresses' `session_fields`.
  Result<Moved> move_session(const Address& from, const Address& to);

  // Groups. Needs `sender_key_field(group, sender)`.

  /// Our distribution message at its present position, for members who lack it; makes a chain if there is none.
  Result<SecretBytes> distribute(std::string_view group, const Address& self);
  /// Forgets the chain, so that the next `distribute` makes a new one: a member left.
  Result<void> erase_sender_key(std::string_view group, const Address& sender);
  /// Errors: `no_session` before the first `distribute`.
  Result<Bytes> encrypt_group(std::string_view group, const Address& self, ByteView plaintext);

  /// Takes over what a member distributed. A chain known under the same id and signing key stays where it is.
  /// Errors: `malformed_message`.
  Result<void> process_distribution(std::string_view group, const Address& sender, ByteView message);
  /// Errors: `no_session` if that chain was never distributed to us, `duplicate_message`, `bad_signature`,
  /// `malformed_message`, `decrypt_failed`.
  Result<SecretBytes> decrypt_group(std::string_view group, const Address& sender, ByteView bytes);
  /// Like `move_session`, for one group.
  Result<Moved> move_sender_key(std::string_view group, const Address& from, const Address& to);

  // Our own keys. Needs `prekey_field` of every id, or `signed_prekey_field`.

  Result<void> add_prekeys(std::span<const Prekey> keys);
  Result<std::optional<crypto::KeyPair>> prekey(std::uint32_t id) const;
  Result<void> erase_prekey(std::uint32_t id);
  /// Only the private half is stored; the signature travels with the credentials.
  void put_signed_prekey(std::uint32_t id, const SecretKey32& priv);

 private:
  friend class Transaction;
  class Records;
  std::unique_ptr<Records> records_;
};

}  // namespace linekeeper::transport::signal
