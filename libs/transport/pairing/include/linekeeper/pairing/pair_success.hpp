#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "linekeeper/node/node.hpp"
#include "linekeeper/pairing/credentials.hpp"

namespace linekeeper::transport {

/// The checks of a `pair-success`, in their order. Nothing is stored before all have passed.
enum class PairCheck : std::uint8_t {
  stanza,             ///< device-identity and device are present and well formed.
  container,          ///< The envelope parses and has 1 to 500 bytes.
  hmac,               ///< Made with our adv secret. Fails after a refresh when a stale QR was scanned.
  identity,           ///< The signed identity and what it signs parse.
  key_sizes,          ///< Account key 32 bytes, signature 64.
  account_signature,  ///< The account's key signed our identity. Not every client checks this; without it anybody with
                      ///< the adv secret could link us to an account of theirs.
  key_index,          ///< Present.
  phone,              ///< The account is the one that was meant.
};

/// `snake_case`, for details and metric labels.
std::string_view name(PairCheck check) noexcept;

/// All checks passed. Store `credentials`, then send `answer`.
struct PairAccepted {
  DeviceCredentials credentials;
  std::uint32_t key_index = 0;
  std::optional<std::int64_t> server_time;  ///< Unix seconds.
  std::string country;                      ///< ISO code from the server, empty if it sent none.
  Node answer;                              ///< `pair-device-sign`.
};

/// Send `answer`, drop the connection and all keys of this attempt.
struct PairRefused {
  PairCheck check = PairCheck::stanza;
  Node answer;  ///< An iq error: 401 for what does not verify, 500 for what does not parse.
};

using PairOutcome = std::variant<PairAccepted, PairRefused>;

/// Whether this is a `pair-success` from the server. Anything else is to be ignored without an answer.
bool is_pair_success(const Node& iq) noexcept;

/// Precondition: `is_pair_success(iq)` and `credentials` not yet registered.
/// `expected_phone`: digits of the number this line is meant for, empty if any is welcome.
PairOutcome verify_pair_success(const Node& iq, const DeviceCredentials& credentials,
                                std::string_view expected_phone = {});

/// The refusal when something outside said no (another line holds the number, the store failed): 500.
Node refuse_pair_success(const Node& iq);

}  // namespace linekeeper::transport
