#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/node/node.hpp"

namespace linekeeper::transport::message {

/// One encrypted copy.
struct SealedCopy {
  Jid device;
  bool starts_session = false;  ///< `pkmsg`: the device's identity must go along.
  Bytes ciphertext;
};

/// How the content wants to be treated, the same for all copies.
struct Presentation {
  std::string type = "text";             ///< `text`, `media`, `reaction`, `poll`, `event`.
  std::optional<std::string> mediatype;  ///< `image`, `url`, … for what is shown as media.
  std::optional<std::string> edit;       ///< `1` edit, `7` revoke by the sender, …
  bool hide_failure = false;             ///< No "waiting for this message": for edits, reactions and their like.
};

/// A message to one person: a copy for each device of theirs, and of one's own other devices.
struct DirectMessage {
  std::string id;
  Jid to;                                ///< The person, by hidden id where known.
  std::optional<Jid> peer_recipient_pn;  ///< Their phone-number address, when `to` is a hidden id.
  Presentation presentation;
  std::vector<SealedCopy> copies;
  Bytes device_identity;    ///< Sent only if a copy starts a session.
  bool only_these = false;  ///< Devices left out of the same message before: no copy for anybody else.
  Bytes tctoken;            ///< Proof that the person knows this account; empty for none.
};
/// Takes the ciphertexts over without copying them.
Node to_stanza(DirectMessage message);

/// A message to one's own phone that is not for people: key and history requests.
struct PeerMessage {
  std::string id;
  SealedCopy copy;  ///< For device 0.
  std::optional<std::string> push_priority;
  bool privacy_sensitive = false;
  Bytes device_identity;
};
Node to_stanza(PeerMessage message);

/// The answer to a retry receipt: the same message again, for the one device that asked.
struct Resend {
  std::string id;
  Jid to;  ///< The `from` of the receipt.
  std::optional<Jid> participant;
  std::optional<Jid> recipient;
  std::uint64_t original_time = 0;
  std::uint32_t count = 1;  ///< As the receipt counted.
  Presentation presentation;
  std::optional<std::string> addressing_mode;  ///< Groups.
  SealedCopy copy;
  Bytes device_identity;
};
Node to_stanza(Resend message);

}  // namespace linekeeper::transport::message
