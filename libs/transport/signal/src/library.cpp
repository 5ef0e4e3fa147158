#include "library.hpp"

#include <signal/curve.h>
#include <signal/session_pre_key.h>

#include <array>
#include <new>
#include <stdexcept>
#include <string>

#include "bounds.hpp"
#include "linekeeper/crypto/x25519.hpp"
#include "linekeeper/signal/prekey_block.hpp"
#include "serialized_key.hpp"
#include "transaction.hpp"

namespace linekeeper::transport::signal {
namespace {

/// No exception may pass through C. `library` is the `user_data` of every store.
template <typename Body>
int in_transaction(void* library, Body body) noexcept {
  try {
    return body(static_cast<Library*>(library)->present());
  } catch (const std::bad_alloc&) {
    return SG_ERR_NOMEM;
  } catch (...) {
    return SG_ERR_UNKNOWN;
  }
}

Address address_from(const signal_protocol_address* address) {
  return {std::string(address->name, address->name_len), static_cast<std::uint32_t>(address->device_id)};
}

std::string field_of(const signal_protocol_sender_key_name* name) {
  return sender_key_field({name->group_id, name->group_id_len}, address_from(&name->sender));
}

int hand_out(signal_buffer** output, ByteView bytes) {
  *output = signal_buffer_create(bytes.data(), bytes.size());
  return *output != nullptr ? 1 : SG_ERR_NOMEM;
}

/// 1 with the record, 0 if it does not exist.
int load(Transaction& transaction, signal_buffer** output, std::string_view field) {
  const auto value = transaction.read(field);
  if (!value) return SG_ERR_UNKNOWN;
  if (*value == nullptr) return 0;
  return hand_out(output, (*value)->reveal());
}

int store(Transaction& transaction, std::string field, Bytes value) {
  return transaction.write(std::move(field), SecretBytes(std::move(value))) ? SG_SUCCESS : SG_ERR_UNKNOWN;
}

// Sessions.

int load_session(signal_buffer** record, signal_buffer**, const signal_protocol_address* address, void* library) {
  return in_transaction(library, [&](Transaction& t) { return load(t, record, session_field(address_from(address))); });
}

int store_session(const signal_protocol_address* address, std::uint8_t* record, std::size_t size, std::uint8_t*,
                  std::size_t, void* library) {
  return in_transaction(library, [&](Transaction& t) {
    return store(t, session_field(address_from(address)), bounded_session_record({record, size}));
  });
}

int contains_session(const signal_protocol_address* address, void* library) {
  return in_transaction(library, [&](Transaction& t) {
    const auto value = t.read(session_field(address_from(address)));
    if (!value) return SG_ERR_UNKNOWN;
    return *value != nullptr ? 1 : 0;
  });
}

// Never called by what we use; one record at a time is all we hold.
int sub_device_sessions(signal_int_list**, const char*, std::size_t, void*) {
  return SG_ERR_UNKNOWN;
}
int delete_session(const signal_protocol_address*, void*) {
  return SG_ERR_UNKNOWN;
}
int delete_all_sessions(const char*, std::size_t, void*) {
  return SG_ERR_UNKNOWN;
}

// Prekeys. Erased by the workspace once the message that used one decrypted.

int load_prekey(signal_buffer** record, std::uint32_t id, void* library) {
  return in_transaction(library, [&](Transaction& t) {
    if (id == 0 || id > kMaxPrekeyId) return SG_ERR_INVALID_KEY_ID;
    const auto value = t.read(prekey_field(id));
    if (!value) return SG_ERR_UNKNOWN;
    if (*value == nullptr) return SG_ERR_INVALID_KEY_ID;
    const auto block = PrekeyBlock::parse((*value)->reveal());
    if (!block) {
      t.blame(Errc::malformed_value);
      return SG_ERR_UNKNOWN;
    }
    const SecretKey32* priv = block->find(id);
    if (priv == nullptr) return SG_ERR_INVALID_KEY_ID;
    const auto pair = key_pair(*static_cast<Library*>(library), *priv);
    const auto prekey = make<session_pre_key>(session_pre_key_create, id, pair.get());
    if (!prekey) return SG_ERR_NOMEM;
    t.used_prekey = id;
    return session_pre_key_serialize(record, prekey.get());
  });
}

int contains_prekey(std::uint32_t, void*) {
  return 0;
}
int store_prekey(std::uint32_t, std::uint8_t*, std::size_t, void*) {
  return SG_ERR_UNKNOWN;
}
int remove_prekey(std::uint32_t, void*) {
  return SG_SUCCESS;
}

int load_signed_prekey(signal_buffer** record, std::uint32_t id, void* library) {
  return in_transaction(library, [&](Transaction& t) {
    const auto value = t.read(signed_prekey_field(id));
    if (!value) return SG_ERR_UNKNOWN;
    if (*value == nullptr) return SG_ERR_INVALID_KEY_ID;
    const auto priv = exactly<32>((*value)->reveal());
    if (!priv) {
      t.blame(Errc::malformed_value);
      return SG_ERR_UNKNOWN;
    }
    const auto pair = key_pair(*static_cast<Library*>(library), SecretKey32(*priv));
    const std::array<std::uint8_t, 64> unused_signature{};
    const auto prekey = make<session_signed_pre_key>(session_signed_pre_key_create, id, std::uint64_t{0}, pair.get(),
                                                     unused_signature.data(), unused_signature.size());
    if (!prekey) return SG_ERR_NOMEM;
    return session_signed_pre_key_serialize(record, prekey.get());
  });
}

// Identities. The workspace itself stores what a session that proved itself says: what the library would save comes
// from a message not yet authenticated.

int identity_pair(signal_buffer** public_data, signal_buffer** private_data, void* library) {
  return in_transaction(library, [&](Transaction& t) {
    const auto& keys = t.self().keys;
    if (hand_out(public_data, serialized_key(keys.pub)) < 0) return SG_ERR_NOMEM;
    return hand_out(private_data, keys.priv.reveal()) < 0 ? SG_ERR_NOMEM : SG_SUCCESS;
  });
}

int registration_id(void* library, std::uint32_t* id) {
  *id = static_cast<Library*>(library)->present().self().registration_id;
  return SG_SUCCESS;
}

int save_identity(const signal_protocol_address*, std::uint8_t*, std::size_t, void*) {
  return SG_SUCCESS;
}
int is_trusted(const signal_protocol_address*, std::uint8_t*, std::size_t, void*) {
  return 1;
}

// Sender keys.

int store_sender_key(const signal_protocol_sender_key_name* name, std::uint8_t* record, std::size_t size, std::uint8_t*,
                     std::size_t, void* library) {
  return in_transaction(
      library, [&](Transaction& t) { return store(t, field_of(name), bounded_sender_key_record({record, size})); });
}

int load_sender_key(signal_buffer** record, signal_buffer**, const signal_protocol_sender_key_name* name,
                    void* library) {
  return in_transaction(library, [&](Transaction& t) { return load(t, record, field_of(name)); });
}

void be_silent(int, const char*, std::size_t, void*) {}

}  // namespace

Library& Library::of_this_thread() {
  thread_local Library library;
  return library;
}

Library::Library() {
  if (signal_context_create(&context_, nullptr) != 0) throw std::bad_alloc();
  set_crypto(context_);
  signal_context_set_log_function(context_, be_silent);
  if (signal_protocol_store_context_create(&stores_, context_) != 0) throw std::bad_alloc();
  const signal_protocol_session_store sessions{load_session,   sub_device_sessions, store_session, contains_session,
                                               delete_session, delete_all_sessions, nullptr,       this};
  const signal_protocol_pre_key_store prekeys{load_prekey, store_prekey, contains_prekey, remove_prekey, nullptr, this};
  const signal_protocol_signed_pre_key_store signed_prekeys{load_signed_prekey, store_prekey, contains_prekey,
                                                            remove_prekey,      nullptr,      this};
  const signal_protocol_identity_key_store identities{identity_pair, registration_id, save_identity,
                                                      is_trusted,    nullptr,         this};
  const signal_protocol_sender_key_store sender_keys{store_sender_key, load_sender_key, nullptr, this};
  signal_protocol_store_context_set_session_store(stores_, &sessions);
  signal_protocol_store_context_set_pre_key_store(stores_, &prekeys);
  signal_protocol_store_context_set_signed_pre_key_store(stores_, &signed_prekeys);
  signal_protocol_store_context_set_identity_key_store(stores_, &identities);
  signal_protocol_store_context_set_sender_key_store(stores_, &sender_keys);
}

Library::~Library() {
  signal_protocol_store_context_destroy(stores_);
  signal_context_destroy(context_);
}

Ref<ec_public_key> public_key(Library& library, const Key32& key) {
  const auto serialized = serialized_key(key);
  return make<ec_public_key>(curve_decode_point, serialized.data(), serialized.size(), library.context());
}

Ref<ec_key_pair> key_pair(Library& library, const SecretKey32& priv) {
  const crypto::KeyPair pair = crypto::key_pair_from(priv);
  const auto pub = public_key(library, pair.pub);
  const auto secret = make<ec_private_key>(curve_decode_private_point, pair.priv.reveal().data(),
                                           pair.priv.reveal().size(), library.context());
  return make<ec_key_pair>(ec_key_pair_create, pub.get(), secret.get());
}

std::optional<Key32> raw(const ec_public_key* key) {
  if (key == nullptr) return std::nullopt;
  signal_buffer* serialized = nullptr;
  if (ec_public_key_serialize(&serialized, key) < 0) return std::nullopt;
  const Buffer owner(serialized);
  return raw_key(view(serialized));
}

Errc errc_of(int result) noexcept {
  switch (result) {
    case SG_ERR_NO_SESSION: return Errc::no_session;
    case SG_ERR_DUPLICATE_MESSAGE: return Errc::duplicate_message;
    case SG_ERR_INVALID_KEY_ID: return Errc::invalid_prekey_id;
    default: return Errc::decrypt_failed;
  }
}

}  // namespace linekeeper::transport::signal
