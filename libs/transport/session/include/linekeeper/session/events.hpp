#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "linekeeper/base/secret.hpp"
#include "linekeeper/node/jid.hpp"

namespace linekeeper::transport {

/// Who this line is.
struct Account {
  Jid pn;                ///< Phone number and device, e.g. 491701234567:7@s.whatsapp.net.
  Jid lid;               ///< The same device under the hidden id; an empty user until the server told it.
  std::string platform;  ///< What the phone runs: android, iphone, smba, …
  std::string business;  ///< Business name, empty for consumers.
};

/// A QR to show now. A secret while it lives.
struct QrCode {
  Secret<std::string> text;
  std::chrono::system_clock::time_point expires_at;
  unsigned index = 1;      ///< From 1. The same index again: the same ref under a new secret, show the new picture.
  unsigned remaining = 0;  ///< How many more this connection holds.
};

/// A code to type into the phone, `XXXX-XXXX`. A secret while it lives.
struct PairingCode {
  Secret<std::string> code;
  std::chrono::system_clock::time_point expires_at;
};

/// The offline queue: `total` is what the server announced, 0 if it announced nothing.
struct SyncProgress {
  unsigned done = 0;
  unsigned total = 0;
};

/// A message somebody sent to this account, or another device of this account sent (`from_me`).
struct InboundMessage {
  std::string id;
  Jid chat;                  ///< The person (LID where known) or the group; no device.
  Jid sender;                ///< The person (LID where known); equals chat outside groups unless `from_me`. No device.
  Jid sender_device;         ///< As the server named it.
  std::string sender_phone;  ///< E.164 digits, empty if unknown.
  bool from_me = false;
  std::string push_name;
  std::int64_t sent_at = 0;  ///< Unix seconds, the server's clock.
  bool offline = false;      ///< Came from the offline queue.
  bool recovered = false;    ///< Came by retry: order within the chat does not hold for it.
  /// The words of `message::Content::type`, or `unreadable`: never decrypted, and its sender was asked as often as
  /// allowed. A stub, so that nobody waits for it in vain.
  std::string content_type;
  Secret<std::string> text;  ///< Text, caption, reaction, new text of an edit; empty for the rest.
  std::string target_id;     ///< Reaction, edit, revoke: the message it is about.
  SecretBytes raw;           ///< The decrypted message, WhatsApp's own protobuf; empty for `unreadable`.
};

enum class ReceiptKind {
  delivered,  ///< A device of the recipient has it.
  read,
  played,
};

/// The life of our own messages goes on at the recipient's. One stanza may speak of many ids.
struct OutboundReceipt {
  std::vector<std::string> ids;
  ReceiptKind kind = ReceiptKind::delivered;
  Jid chat;             ///< As the server named it, without device.
  Jid device;           ///< Which device says so, as the server named it.
  std::int64_t at = 0;  ///< Unix seconds, the server's clock.
};

using Inbound = std::variant<InboundMessage, OutboundReceipt>;

}  // namespace linekeeper::transport
