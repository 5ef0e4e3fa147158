#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/crypto/x25519.hpp"
#include "linekeeper/pairing/link_code.hpp"
#include "prekey_store.hpp"
#include "wire.hpp"

namespace linekeeper::sandbox {

struct Account;

/// A link that a phone offered and the companion has not yet countersigned.
struct PendingLink {
  std::string iq_id;
  Account* account = nullptr;
  std::uint16_t device = 0;
  std::uint32_t key_index = 0;
  Bytes details;
  Bytes account_signature;
};

/// A pairing by code that this connection asked for.
struct CodeRequest {
  std::string ref;
  Account* account = nullptr;
  transport::WrappedKey wrapped_ephemeral{};
  std::string display;       ///< "Chrome (Linux)".
  std::int64_t made_ms = 0;  ///< Unix time; the ref dies three minutes later.
  /// Once a code was typed: the phone's ephemeral pair and what it took for the companion's. Whether the code was the
  /// right one shows only at the end.
  std::optional<crypto::KeyPair> phone_ephemeral;
  Key32 companion_ephemeral{};
};

/// A connection that has not paired: what it told about itself, and what it was given.
struct Registration {
  Key32 noise_key{};
  PrekeyStore keys;       ///< Registration id, identity and signed prekey; no one-time keys yet.
  std::string push_name;  ///< Empty unless the client sent one.
  std::string system;     ///< What it calls itself in its properties.
  std::vector<std::string> refs;
  std::optional<PendingLink> pending;
  std::optional<CodeRequest> code;
};

}  // namespace linekeeper::sandbox
