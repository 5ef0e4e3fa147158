#pragma once

#include <optional>
#include <string>
#include <vector>

#include "device_cache.hpp"
#include "lid_map.hpp"
#include "linekeeper/message/usync.hpp"
#include "linekeeper/session/changes.hpp"
#include "linekeeper/session/outgoing.hpp"

namespace linekeeper::transport {

/// To whom one message goes: the person in the form the stanza names, their devices and our own others.
struct Recipients {
  Jid chat;                    ///< LID where known, else the number; no device.
  std::optional<Jid> chat_pn;  ///< The number beside a LID, if known.
  bool to_self = false;
  std::vector<Jid> theirs;  ///< Devices on the server of `chat`.
  std::vector<Jid> ours;    ///< Our own others, on the same server.
};

/// The device lists of a send: what is cached, what has to be asked for, what an answer changes. Without I/O.
class RecipientLists {
 public:
  RecipientLists(const message::OwnAddresses& own, const Jid& chat, std::int64_t now, std::int64_t max_age);

  /// Names of the cached lists.
  std::vector<std::string> fields(const LidMap& people) const;
  /// `refresh`: cached ones do not count.
  void load(const Fetched& found, const LidMap& people, bool refresh);

  /// Users to ask for; empty if all is known.
  std::vector<Jid> missing() const;
  /// Takes an answer over; learns hidden ids from it.
  void answered(const message::UsyncAnswer& answer, LidMap& people);

  /// A list of the recipient is known at all: not a first contact.
  bool knows_recipient() const noexcept { return theirs_.has_value(); }

  Recipients result(const LidMap& people) const;
  /// Lists that are new, under the form the recipient is known by now.
  Changes changes(const LidMap& people) const;

 private:
  const message::OwnAddresses& own_;
  Jid chat_;
  std::int64_t now_;
  std::int64_t max_age_;
  std::optional<CachedDevices> theirs_;
  std::optional<CachedDevices> ours_;
  bool theirs_new_ = false;
  bool ours_new_ = false;
};

}  // namespace linekeeper::transport
