#include "linekeeper/signal/messages.hpp"

#include <signal/protocol.h>

#include "library.hpp"

namespace linekeeper::transport::signal {

std::string_view name(CipherType type) noexcept {
  return type == CipherType::prekey_message ? "pkmsg" : "msg";
}

std::optional<CipherType> cipher_type_from(std::string_view name) noexcept {
  if (name == "pkmsg") return CipherType::prekey_message;
  if (name == "msg") return CipherType::message;
  return std::nullopt;
}

Result<PrekeyMessageFacts> inspect_prekey_message(ByteView bytes) {
  auto& library = Library::of_this_thread();
  const auto message =
      make<pre_key_signal_message>(pre_key_signal_message_deserialize, bytes.data(), bytes.size(), library.context());
  if (!message) return Errc::malformed_message;
  const auto base_key = raw(pre_key_signal_message_get_base_key(message.get()));
  const auto identity = raw(pre_key_signal_message_get_identity_key(message.get()));
  if (!base_key || !identity) return Errc::malformed_message;
  PrekeyMessageFacts out;
  out.registration_id = pre_key_signal_message_get_registration_id(message.get());
  if (pre_key_signal_message_has_pre_key_id(message.get()) != 0)
    out.prekey_id = pre_key_signal_message_get_pre_key_id(message.get());
  out.signed_prekey_id = pre_key_signal_message_get_signed_pre_key_id(message.get());
  out.base_key = *base_key;
  out.identity = *identity;
  return out;
}

Result<std::uint32_t> sender_key_id_of(ByteView skmsg) {
  auto& library = Library::of_this_thread();
  const auto message =
      make<sender_key_message>(sender_key_message_deserialize, skmsg.data(), skmsg.size(), library.context());
  if (!message) return Errc::malformed_message;
  return sender_key_message_get_key_id(message.get());
}

}  // namespace linekeeper::transport::signal
