#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/node/node.hpp"

namespace linekeeper::transport::message {

/// What an `<enc>` needs to be opened.
enum class Cipher : std::uint8_t {
  prekey,      ///< `pkmsg`: starts a session.
  session,     ///< `msg`.
  sender_key,  ///< `skmsg`: groups.
  other,       ///< A kind or version that is not read here.
};

struct Sealed {
  Cipher cipher = Cipher::other;
  ByteView bytes;           ///< Lives as long as the stanza.
  std::uint32_t retry = 0;  ///< Which resend this is; 0 the first time.
};

enum class MessageKind : std::uint8_t {
  direct,      ///< From a person.
  own_device,  ///< What another device of this account sent, or a note to self.
  peer,        ///< From the own phone to this device.
  group,
  broadcast,  ///< A broadcast list or a status update.
  newsletter,
};

/// An incoming message from the outside: who, where, when. Nothing here is secret; contents are still sealed.
struct Envelope {
  std::string id;
  MessageKind kind = MessageKind::direct;
  Jid from;                               ///< Exactly as it came.
  Jid chat;                               ///< Person (without device), group, list or channel.
  Jid sender;                             ///< The sending device; hosted ones under the address of their user's kind.
  std::optional<Jid> sender_alternative;  ///< The same device by its other address (number or hidden id), if told.
  std::optional<Jid> chat_alternative;    ///< Likewise for the chat of an own message.
  std::optional<Jid> recipient;           ///< As it came.
  std::uint64_t time = 0;                 ///< Unix seconds; 0 if it came without.
  std::string type;
  std::string category;
  std::string edit;
  std::string push_name;                   ///< Written by the sender: display only.
  std::string addressing_mode;             ///< `lid` or `pn` in groups, if told.
  bool offline = false;                    ///< From the offline queue.
  std::vector<Sealed> sealed;              ///< Session messages first, then sender-key messages, otherwise in order.
  std::optional<std::string> unavailable;  ///< The content stays on the phone; says which kind.
  ByteView device_identity;  ///< The sender's signed identity; empty if absent. Lives as long as the stanza.
};

/// This account's two addresses, with this device's number. `lid` may be missing before the first login.
struct OwnAddresses {
  Jid pn;
  std::optional<Jid> lid;

  bool is_self(const Jid& jid) const;
};

/// Reads the envelope of a `<message>`. The result has views into `stanza`. Error: `malformed_message`.
Result<Envelope> parse_envelope(const Node& stanza, const OwnAddresses& own);

}  // namespace linekeeper::transport::message
