#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "linekeeper/node/node.hpp"

namespace linekeeper::transport {

/// Who we are on this connection, for telling our own devices from others.
struct Self {
  Jid pn;   ///< With device.
  Jid lid;  ///< With device; no user if unknown.

  bool is_me(const Jid& jid) const noexcept { return same_user(jid, pn) || (!lid.user.empty() && same_user(jid, lid)); }
};

/// A pair of addresses of one person, learned from attributes. User parts only.
struct LidPair {
  std::string pn;
  std::string lid;
  friend bool operator==(const LidPair&, const LidPair&) = default;
};

/// What the attributes of a `<message>` say, before anything is decrypted.
struct Envelope {
  enum class Kind {
    direct,  ///< From one person to us.
    own,     ///< By another device of ours, to `recipient`, or a note to self.
    peer,    ///< From our own phone, about the account.
    group,
    broadcast,  ///< Status or a broadcast list.
    newsletter,
    foreign,  ///< From something we do not know: acknowledged, nothing else.
  };

  Kind kind = Kind::foreign;
  std::string id;
  Jid from;
  Jid sender;  ///< The device that encrypted it; hosted servers rewritten.
  Jid chat;    ///< Without device.
  std::optional<Jid> participant;
  std::optional<Jid> recipient;
  std::vector<LidPair> pairs;     ///< What the attributes teach about people.
  std::optional<Jid> sender_alt;  ///< The sender's other address, with its device.
  std::int64_t t = 0;
  std::string push_name;
  std::string type;
  bool offline = false;
  bool peer_category = false;
  bool unavailable = false;
};

/// Nothing if id or from are missing or broken: such a stanza cannot even be acknowledged.
std::optional<Envelope> read_envelope(const Node& message, const Self& self);

/// The pair that two addresses of one person make, if one is a PN and the other a LID.
std::optional<LidPair> pair_of(const Jid& a, const Jid& b);

}  // namespace linekeeper::transport
