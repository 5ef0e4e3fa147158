#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "linekeeper/base/result.hpp"
#include "linekeeper/node/node.hpp"

namespace linekeeper::transport::message {

/// Why a stanza could not be handled, as the server understands it. A failed decryption is never one of these.
enum class Nack : std::uint16_t {
  parse_error = 487,
  unknown_stanza = 488,
  unknown_class = 489,
  unknown_type = 490,
  bad_protobuf = 491,
  message_secret_missing = 495,
  unhandled = 500,
};

/// The ack of an incoming `message`, `receipt`, `notification`, `call` or `status`; addresses are copied exactly as
/// they came. Without it the server delivers the stanza again, or closes the stream. Nothing for other stanzas, and for
/// stanzas without id or sender. `own` is this device's phone-number address. Not for messages that were decrypted, nor
/// for those of one's own other devices: there a receipt is the acknowledgement.
std::optional<Node> ack_of(const Node& stanza, const Jid& own, std::optional<Nack> refusal = std::nullopt);

/// The server's answer to an outgoing message. No error: it has it.
struct MessageAck {
  std::string id;
  std::optional<Jid> from;
  std::optional<std::uint64_t> time;   ///< Server time, seconds.
  std::optional<std::uint32_t> error;  ///< The message was not delivered.
  std::optional<std::string> phash;    ///< The set of devices as the server knows it, if ours may be stale.
  bool refresh_lid = false;
};

/// Error: `malformed_message` for anything but an ack of class `message` with an id.
Result<MessageAck> parse_message_ack(const Node& ack);

}  // namespace linekeeper::transport::message
