#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"

namespace linekeeper::transport::signal {

/// The two kinds of message between two devices; the wire's `enc@type`.
enum class CipherType : std::uint8_t {
  prekey_message,  ///< `pkmsg`: carries what the receiver needs to make the session.
  message,         ///< `msg`: within an acknowledged session.
};

std::string_view name(CipherType type) noexcept;
/// Nothing for other texts, `skmsg` among them.
std::optional<CipherType> cipher_type_from(std::string_view name) noexcept;

/// An encrypted message.
struct Sealed {
  CipherType type = CipherType::message;
  Bytes bytes;
};

/// What a `pkmsg` says about itself, before anything is verified.
struct PrekeyMessageFacts {
  std::uint32_t registration_id = 0;       ///< The sender's.
  std::optional<std::uint32_t> prekey_id;  ///< Our one-time prekey, to be fetched before decrypting.
  std::uint32_t signed_prekey_id = 0;      ///< Ours.
  Key32 base_key{};                        ///< Names the session it belongs to or makes.
  Key32 identity{};                        ///< The sender's.
};

/// Reads a `pkmsg` without decrypting. Errors: `malformed_message`.
Result<PrekeyMessageFacts> inspect_prekey_message(ByteView bytes);

/// The chain that a `skmsg` belongs to. Errors: `malformed_message`.
Result<std::uint32_t> sender_key_id_of(ByteView skmsg);

}  // namespace linekeeper::transport::signal
