#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "linekeeper/base/result.hpp"
#include "linekeeper/node/node.hpp"

namespace linekeeper::transport::message {

/// What a receipt says. Further along the list of the first five is further along the way to the reader.
enum class ReceiptType : std::uint8_t {
  inactive,   ///< A companion has it whose client is not in use; the phone may not have it yet.
  delivered,  ///< No type on the wire.
  read,
  played,
  sender,  ///< Another device of the sending account has its copy.
  read_self,
  played_self,
  retry,         ///< Could not be decrypted: see `retry.hpp`.
  server_error,  ///< Asks the phone to upload a blob again.
  peer_msg,      ///< A message between own devices arrived.
  hist_sync,     ///< A history blob was handled or skipped.
  other,         ///< Acknowledge and ignore.
};

// Outgoing. Stanzas in, receipts out; addresses are copied as they came. Nothing if the stanza lacks what the receipt
// needs.

/// For a message that was decrypted. `active`: this client shows itself as available; otherwise the type is `inactive`.
std::optional<Node> delivery_receipt(const Node& message, bool active);

/// For a message that another own device sent, decrypted or not. It alone empties the offline queue of such a message.
/// Nothing for a note to self, which has no recipient: that takes a plain ack.
std::optional<Node> sender_receipt(const Node& message);

/// For a message from the own phone to this device. `own` is the account's phone-number address.
Node peer_receipt(std::string_view message_id, const Jid& own);

/// For a history notification, beside the peer receipt; without it the phone sends the blob again.
Node history_receipt(std::string_view message_id, const Jid& own);

/// A person read these messages of one chat (and, in groups, of one author) at `time` in Unix seconds.
/// `hidden`: read receipts are switched off. Precondition: at least one id.
Node read_receipt(const Jid& chat, const std::optional<Jid>& author, std::span<const std::string> message_ids,
                  std::uint64_t time, bool hidden = false);

// Incoming.

struct ReceiptEntry {
  std::string message_id;
  Jid by;                             ///< The device, or in grouped receipts the user, that says so.
  std::optional<std::uint64_t> time;  ///< Unix seconds.
};

struct Receipt {
  std::string id;  ///< The stanza's own, for the ack; may be empty in grouped receipts.
  Jid from;        ///< The chat: a person's device, or a group.
  std::optional<Jid> recipient;
  ReceiptType type = ReceiptType::delivered;
  bool offline = false;
  /// In groups: the device that says so by its other address (number or hidden id), if told.
  std::optional<Jid> participant_alternative;
  std::vector<ReceiptEntry> entries;  ///< At least one.
};

/// Single, listed and grouped receipts. Error: `malformed_message`.
Result<Receipt> parse_receipt(const Node& stanza);

}  // namespace linekeeper::transport::message
