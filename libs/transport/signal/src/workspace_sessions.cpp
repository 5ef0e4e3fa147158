#include <signal/protocol.h>
#include <signal/session_builder.h>
#include <signal/session_cipher.h>
#include <signal/session_state.h>

#include "library.hpp"
#include "linekeeper/signal/prekey_block.hpp"
#include "linekeeper/signal/workspace.hpp"
#include "transaction.hpp"

namespace linekeeper::transport::signal {
namespace {

struct FreeCipher {
  void operator()(session_cipher* cipher) const noexcept { session_cipher_free(cipher); }
};
struct FreeBuilder {
  void operator()(session_builder* builder) const noexcept { session_builder_free(builder); }
};

/// The library's form of an address. Borrows the name.
struct LibraryAddress : signal_protocol_address {
  explicit LibraryAddress(const Address& address)
      : signal_protocol_address{address.name.data(), address.name.size(), static_cast<std::int32_t>(address.device)} {}
};

/// Null if nothing is stored.
Result<Ref<session_record>> record_of(Transaction& transaction, const Address& address) {
  LK_TRY(const SecretBytes* stored, transaction.read(session_field(address)));
  if (stored == nullptr) return Ref<session_record>();
  auto record = make<session_record>(session_record_deserialize, stored->reveal().data(), stored->reveal().size(),
                                     Library::of_this_thread().context());
  if (!record || session_record_get_state(record.get()) == nullptr) return Errc::malformed_value;
  return record;
}

Result<std::optional<Key32>> identity_of(Transaction& transaction, const Address& address) {
  LK_TRY(const SecretBytes* stored, transaction.read(identity_field(address)));
  if (stored == nullptr) return std::optional<Key32>();
  const auto key = exactly<32>(stored->reveal());
  if (!key) return Errc::malformed_value;
  return key;
}

/// Says in `changed` whether another one was stored.
Result<void> remember_identity(Transaction& transaction, const Address& address, const Key32& key, bool& changed) {
  LK_TRY(const auto before, identity_of(transaction, address));
  changed = before && *before != key;
  if (before == key) return ok();
  return transaction.write(identity_field(address), SecretBytes(to_bytes(key)));
}

/// Why the library said no: a fault of our own records first.
Errc reason(Transaction& transaction, const Address& address, int result) {
  if (transaction.fault()) return *transaction.fault();
  if (const auto record = record_of(transaction, address); !record) return Errc::malformed_value;
  return errc_of(result);
}

Result<void> consume_prekey(Transaction& transaction, std::uint32_t id) {
  LK_TRY(const SecretBytes* stored, transaction.read(prekey_field(id)));
  if (stored == nullptr) return ok();
  LK_TRY(PrekeyBlock block, PrekeyBlock::parse(stored->reveal()));
  block.erase(id);
  std::optional<SecretBytes> value;
  if (!block.empty()) value = SecretBytes(block.encode());
  return transaction.write(prekey_field(id), std::move(value));
}

std::optional<SessionFacts> facts_of(session_state* state) {
  const auto identity = raw(session_state_get_remote_identity_key(state));
  const auto base_key = raw(session_state_get_alice_base_key(state));
  if (!identity || session_state_has_sender_chain(state) == 0) return std::nullopt;
  SessionFacts out;
  out.registration_id = session_state_get_remote_registration_id(state);
  out.identity = *identity;
  out.base_key = base_key.value_or(Key32{});
  out.unacknowledged = session_state_has_unacknowledged_pre_key_message(state) != 0;
  return out;
}

}  // namespace

Result<Sealed> Workspace::encrypt(const Address& to, ByteView plaintext) {
  Transaction transaction(*records_);
  LK_TRY(const SecretBytes* stored, transaction.read(session_field(to)));
  if (stored == nullptr) return Errc::no_session;

  auto& library = Library::of_this_thread();
  const Library::Use use(library, transaction);
  const LibraryAddress address(to);
  session_cipher* cipher = nullptr;
  if (session_cipher_create(&cipher, library.stores(), &address, library.context()) < 0) throw std::bad_alloc();
  const std::unique_ptr<session_cipher, FreeCipher> cipher_owner(cipher);
  ciphertext_message* message = nullptr;
  const int result = session_cipher_encrypt(cipher, plaintext.data(), plaintext.size(), &message);
  if (result < 0) {
    // The record is there but holds no session to send in.
    const Errc why = reason(transaction, to, result);
    return why == Errc::decrypt_failed ? Errc::no_session : why;
  }
  const Ref<ciphertext_message> message_owner(message);
  transaction.commit();
  return Sealed{
      ciphertext_message_get_type(message) == CIPHERTEXT_PREKEY_TYPE ? CipherType::prekey_message : CipherType::message,
      to_bytes(view(ciphertext_message_get_serialized(message)))};
}

Result<Opened> Workspace::decrypt(const Address& from, CipherType type, ByteView bytes) {
  auto& library = Library::of_this_thread();
  Ref<pre_key_signal_message> first;
  Ref<signal_message> later;
  if (type == CipherType::prekey_message)
    first =
        make<pre_key_signal_message>(pre_key_signal_message_deserialize, bytes.data(), bytes.size(), library.context());
  else
    later = make<signal_message>(signal_message_deserialize, bytes.data(), bytes.size(), library.context());
  if (!first && !later) return Errc::malformed_message;

  Transaction transaction(*records_);
  const Library::Use use(library, transaction);
  const LibraryAddress address(from);
  session_cipher* cipher = nullptr;
  if (session_cipher_create(&cipher, library.stores(), &address, library.context()) < 0) throw std::bad_alloc();
  const std::unique_ptr<session_cipher, FreeCipher> cipher_owner(cipher);
  signal_buffer* plaintext = nullptr;
  const int result = first ? session_cipher_decrypt_pre_key_signal_message(cipher, first.get(), nullptr, &plaintext)
                           : session_cipher_decrypt_signal_message(cipher, later.get(), nullptr, &plaintext);
  if (result < 0) return reason(transaction, from, result);
  const Buffer plaintext_owner(plaintext);

  Opened out;
  out.plaintext = secret_copy(plaintext);
  out.used_prekey = transaction.used_prekey;
  if (out.used_prekey) LK_CHECK(consume_prekey(transaction, *out.used_prekey));
  if (first) {
    // The session that just authenticated knows the identity; what the message claims is not covered by its MAC when
    // the session was known before.
    LK_TRY(const auto record, record_of(transaction, from));
    const auto facts = record ? facts_of(session_record_get_state(record.get())) : std::nullopt;
    if (facts) LK_CHECK(remember_identity(transaction, from, facts->identity, out.identity_changed));
  }
  transaction.commit();
  return out;
}

Result<SessionStart> Workspace::start_session(const Address& with, const PreKeyBundle& bundle) {
  auto& library = Library::of_this_thread();
  const auto one_time = bundle.one_time ? public_key(library, bundle.one_time->key) : Ref<ec_public_key>();
  const auto signed_prekey = public_key(library, bundle.signed_prekey);
  const auto identity = public_key(library, bundle.identity);
  const auto parsed = make<session_pre_key_bundle>(
      session_pre_key_bundle_create, bundle.registration_id, static_cast<int>(with.device),
      bundle.one_time ? bundle.one_time->id : 0U, one_time.get(), bundle.signed_prekey_id, signed_prekey.get(),
      bundle.signature.data(), bundle.signature.size(), identity.get());
  if (!parsed) throw std::bad_alloc();

  Transaction transaction(*records_);
  const Library::Use use(library, transaction);
  const LibraryAddress address(with);
  session_builder* builder = nullptr;
  if (session_builder_create(&builder, library.stores(), &address, library.context()) < 0) throw std::bad_alloc();
  const std::unique_ptr<session_builder, FreeBuilder> builder_owner(builder);
  const int result = session_builder_process_pre_key_bundle(builder, parsed.get());
  if (result == SG_ERR_INVALID_KEY) return Errc::bad_signature;
  if (result < 0) return reason(transaction, with, result);
  SessionStart out;
  LK_CHECK(remember_identity(transaction, with, bundle.identity, out.identity_changed));
  transaction.commit();
  return out;
}

Result<std::optional<SessionFacts>> Workspace::session(const Address& with) const {
  Transaction transaction(*records_);
  LK_TRY(const auto record, record_of(transaction, with));
  if (!record) return std::optional<SessionFacts>();
  return facts_of(session_record_get_state(record.get()));
}

Result<std::optional<Key32>> Workspace::identity(const Address& of) const {
  Transaction transaction(*records_);
  return identity_of(transaction, of);
}

Result<void> Workspace::erase_session(const Address& with) {
  Transaction transaction(*records_);
  LK_TRY(const SecretBytes* stored, transaction.read(session_field(with)));
  if (stored == nullptr) return ok();
  LK_CHECK(transaction.write(session_field(with), std::nullopt));
  transaction.commit();
  return ok();
}

Result<Moved> Workspace::move_session(const Address& from, const Address& to) {
  if (from == to) return Moved::no;
  Transaction transaction(*records_);
  LK_TRY(const SecretBytes* session, transaction.read(session_field(from)));
  LK_TRY(const SecretBytes* identity, transaction.read(identity_field(from)));
  LK_TRY(const SecretBytes* session_there, transaction.read(session_field(to)));
  LK_TRY(const SecretBytes* identity_there, transaction.read(identity_field(to)));
  bool moved = false;
  if (session != nullptr && session_there == nullptr) {
    LK_CHECK(transaction.write(session_field(to), *session));
    // The identity belongs to the session: it goes along, whatever was known there without one.
    if (identity != nullptr) LK_CHECK(transaction.write(identity_field(to), *identity));
    moved = true;
  } else if (identity != nullptr && identity_there == nullptr) {
    LK_CHECK(transaction.write(identity_field(to), *identity));
    moved = true;
  }
  if (session != nullptr) LK_CHECK(transaction.write(session_field(from), std::nullopt));
  if (identity != nullptr) LK_CHECK(transaction.write(identity_field(from), std::nullopt));
  transaction.commit();
  return moved ? Moved::yes : Moved::no;
}

}  // namespace linekeeper::transport::signal
