#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "linekeeper/message/bundle.hpp"

namespace linekeeper::transport::message {

/// Why a message could not be decrypted, for the other side's information.
enum class RetryReason : std::uint8_t {
  unknown = 0,
  no_session = 1,
  invalid_key = 2,
  invalid_key_id = 3,
  invalid_message = 4,
  invalid_signature = 5,
  future_message = 6,
  bad_mac = 7,
  invalid_session = 8,
  invalid_message_key = 9,
};

/// What goes into a retry receipt beside the message it is about.
struct RetryAsk {
  std::uint32_t count = 1;            ///< Which try this is, from 1.
  std::uint32_t registration_id = 0;  ///< This device's.
  std::optional<RetryReason> reason;
  /// From the second try on, or at once when there was no session: keys for a new one, with a one-time prekey that was
  /// never uploaded. `device.registration_id` is not used.
  std::optional<Bundle> keys;
};

/// Asks the sending device to encrypt `message` again. Nothing if the stanza has no id or sender.
std::optional<Node> retry_receipt(const Node& message, const RetryAsk& ask);

/// Somebody could not decrypt what this device sent.
struct RetryRequest {
  std::string message_id;
  Jid from;  ///< The chat: the asking device, or a group.
  std::optional<Jid> participant;
  std::optional<Jid> recipient;
  std::uint32_t count = 1;
  std::optional<std::uint64_t> original_time;
  std::uint32_t registration_id = 0;
  std::optional<Bundle> keys;  ///< Signature checked.

  /// The device that asks; the resend goes to it alone.
  const Jid& requester() const noexcept { return participant ? *participant : from; }
};

/// Errors: `malformed_message`; `bad_signature` if the keys in it do not belong together.
Result<RetryRequest> parse_retry(const Node& receipt);

}  // namespace linekeeper::transport::message
