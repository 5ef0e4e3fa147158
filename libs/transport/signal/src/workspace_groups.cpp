#include <signal/group_cipher.h>
#include <signal/group_session_builder.h>
#include <signal/protocol.h>
#include <signal/sender_key_record.h>
#include <signal/sender_key_state.h>

#include "library.hpp"
#include "linekeeper/signal/workspace.hpp"
#include "state/signal_records.pb.h"
#include "transaction.hpp"

namespace linekeeper::transport::signal {
namespace {

struct FreeCipher {
  void operator()(group_cipher* cipher) const noexcept { group_cipher_free(cipher); }
};
struct FreeBuilder {
  void operator()(group_session_builder* builder) const noexcept { group_session_builder_free(builder); }
};

/// The library's form of (group, sender). Borrows the names.
struct LibraryName : signal_protocol_sender_key_name {
  LibraryName(std::string_view group, const Address& from)
      : signal_protocol_sender_key_name{
            group.data(), group.size(), {from.name.data(), from.name.size(), static_cast<std::int32_t>(from.device)}} {}
};

/// An empty record if nothing is stored.
Result<Ref<sender_key_record>> record_of(Transaction& transaction, const std::string& field) {
  LK_TRY(const SecretBytes* stored, transaction.read(field));
  auto* const context = Library::of_this_thread().context();
  auto record = stored == nullptr ? make<sender_key_record>(sender_key_record_create, context)
                                  : make<sender_key_record>(sender_key_record_deserialize, stored->reveal().data(),
                                                            stored->reveal().size(), context);
  if (!record) return Errc::malformed_value;
  return record;
}

sender_key_state* state_of(sender_key_record* record, std::uint32_t id) {
  sender_key_state* state = nullptr;
  return sender_key_record_get_sender_key_state_by_id(record, &state, id) == 0 ? state : nullptr;
}

/// Takes the chain `id` out of a stored record: to the front if `keep`, else away. The library offers neither.
Bytes without_or_first(ByteView stored, std::uint32_t id, bool keep) {
  state::SenderKeyRecord record;
  state::SenderKeyRecord out;
  record.ParseFromArray(stored.data(), static_cast<int>(stored.size()));
  for (const auto& chain : record.states())
    if (keep && chain.id() == id) *out.add_states() = chain;
  for (const auto& chain : record.states())
    if (chain.id() != id) *out.add_states() = chain;
  Bytes bytes(out.ByteSizeLong());
  out.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

}  // namespace

Result<SecretBytes> Workspace::distribute(std::string_view group, const Address& self) {
  auto& library = Library::of_this_thread();
  Transaction transaction(*records_);
  LK_CHECK(record_of(transaction, sender_key_field(group, self)));
  const Library::Use use(library, transaction);
  const LibraryName name(group, self);
  group_session_builder* builder = nullptr;
  if (group_session_builder_create(&builder, library.stores(), library.context()) < 0) throw std::bad_alloc();
  const std::unique_ptr<group_session_builder, FreeBuilder> builder_owner(builder);
  sender_key_distribution_message* message = nullptr;
  const int result = group_session_builder_create_session(builder, &message, &name);
  if (result < 0) return transaction.fault().value_or(errc_of(result));
  const Ref<sender_key_distribution_message> message_owner(message);
  transaction.commit();
  return secret_copy(ciphertext_message_get_serialized(reinterpret_cast<ciphertext_message*>(message)));
}

Result<void> Workspace::erase_sender_key(std::string_view group, const Address& sender) {
  Transaction transaction(*records_);
  LK_TRY(const SecretBytes* stored, transaction.read(sender_key_field(group, sender)));
  if (stored == nullptr) return ok();
  LK_CHECK(transaction.write(sender_key_field(group, sender), std::nullopt));
  transaction.commit();
  return ok();
}

Result<Bytes> Workspace::encrypt_group(std::string_view group, const Address& self, ByteView plaintext) {
  auto& library = Library::of_this_thread();
  Transaction transaction(*records_);
  LK_TRY(const auto record, record_of(transaction, sender_key_field(group, self)));
  sender_key_state* state = nullptr;
  if (sender_key_record_get_sender_key_state(record.get(), &state) < 0 ||
      sender_key_state_get_signing_key_private(state) == nullptr)
    return Errc::no_session;
  const Library::Use use(library, transaction);
  const LibraryName name(group, self);
  group_cipher* cipher = nullptr;
  if (group_cipher_create(&cipher, library.stores(), &name, library.context()) < 0) throw std::bad_alloc();
  const std::unique_ptr<group_cipher, FreeCipher> cipher_owner(cipher);
  ciphertext_message* message = nullptr;
  const int result = group_cipher_encrypt(cipher, plaintext.data(), plaintext.size(), &message);
  if (result < 0) return transaction.fault().value_or(errc_of(result));
  const Ref<ciphertext_message> message_owner(message);
  transaction.commit();
  return to_bytes(view(ciphertext_message_get_serialized(message)));
}

Result<void> Workspace::process_distribution(std::string_view group, const Address& sender, ByteView message) {
  auto& library = Library::of_this_thread();
  const auto parsed = make<sender_key_distribution_message>(sender_key_distribution_message_deserialize, message.data(),
                                                            message.size(), library.context());
  if (!parsed) return Errc::malformed_message;
  const auto signing_key = raw(sender_key_distribution_message_get_signature_key(parsed.get()));
  signal_buffer* const chain_key = sender_key_distribution_message_get_chain_key(parsed.get());
  if (!signing_key || signal_buffer_len(chain_key) != 32) return Errc::malformed_message;
  const std::uint32_t id = sender_key_distribution_message_get_id(parsed.get());

  Transaction transaction(*records_);
  const std::string field = sender_key_field(group, sender);
  LK_TRY(auto record, record_of(transaction, field));
  if (sender_key_state* known = state_of(record.get(), id)) {
    // Some clients repeat the distribution with every message: starting over would forget the skipped keys.
    const bool same = raw(sender_key_state_get_signing_key_public(known)) == signing_key;
    LK_TRY(const SecretBytes* stored, transaction.read(field));
    LK_CHECK(transaction.write(field, SecretBytes(without_or_first(stored->reveal(), id, same))));
    if (same) {
      transaction.commit();
      return ok();
    }
    LK_TRY(record, record_of(transaction, field));
  }
  if (sender_key_record_add_sender_key_state(record.get(), id,
                                             sender_key_distribution_message_get_iteration(parsed.get()), chain_key,
                                             sender_key_distribution_message_get_signature_key(parsed.get())) < 0)
    return Errc::malformed_message;
  const Library::Use use(library, transaction);
  const LibraryName name(group, sender);
  if (signal_protocol_sender_key_store_key(library.stores(), &name, record.get()) < 0)
    return transaction.fault().value_or(Errc::malformed_value);
  transaction.commit();
  return ok();
}

Result<SecretBytes> Workspace::decrypt_group(std::string_view group, const Address& sender, ByteView bytes) {
  auto& library = Library::of_this_thread();
  const auto message =
      make<sender_key_message>(sender_key_message_deserialize, bytes.data(), bytes.size(), library.context());
  if (!message) return Errc::malformed_message;

  Transaction transaction(*records_);
  const Library::Use use(library, transaction);
  const LibraryName name(group, sender);
  group_cipher* cipher = nullptr;
  if (group_cipher_create(&cipher, library.stores(), &name, library.context()) < 0) throw std::bad_alloc();
  const std::unique_ptr<group_cipher, FreeCipher> cipher_owner(cipher);
  signal_buffer* plaintext = nullptr;
  const int result = group_cipher_decrypt(cipher, message.get(), nullptr, &plaintext);
  if (result < 0) {
    if (transaction.fault()) return *transaction.fault();
    // The library has one answer for an unknown chain, a bad signature and bad contents; ours differ.
    LK_TRY(const auto record, record_of(transaction, sender_key_field(group, sender)));
    sender_key_state* const state = state_of(record.get(), sender_key_message_get_key_id(message.get()));
    if (state == nullptr) return Errc::no_session;
    if (sender_key_message_verify_signature(message.get(), sender_key_state_get_signing_key_public(state)) < 0)
      return Errc::bad_signature;
    return errc_of(result);
  }
  const Buffer plaintext_owner(plaintext);
  transaction.commit();
  return secret_copy(plaintext);
}

Result<Moved> Workspace::move_sender_key(std::string_view group, const Address& from, const Address& to) {
  if (from == to) return Moved::no;
  Transaction transaction(*records_);
  LK_TRY(const SecretBytes* stored, transaction.read(sender_key_field(group, from)));
  LK_TRY(const SecretBytes* there, transaction.read(sender_key_field(group, to)));
  if (stored == nullptr) return Moved::no;
  const bool moves = there == nullptr;
  if (moves) LK_CHECK(transaction.write(sender_key_field(group, to), *stored));
  LK_CHECK(transaction.write(sender_key_field(group, from), std::nullopt));
  transaction.commit();
  return moves ? Moved::yes : Moved::no;
}

}  // namespace linekeeper::transport::signal
