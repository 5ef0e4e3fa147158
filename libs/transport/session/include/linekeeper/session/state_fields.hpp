#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "linekeeper/node/jid.hpp"
#include "linekeeper/signal/address.hpp"

namespace linekeeper::transport {

// The names of a line's state fields. Stable: stored data depends on them.
//
//   creds            the device's credentials: keys, account, signed device identity, routing, counters
//   prekeys          up to which id the server has confirmed our one-time prekeys
//   pk/<block>       one-time prekeys, 32 to a block                       (signal/fields.hpp)
//   spk/<id>         signed prekeys, private halves                        (signal/fields.hpp)
//   sess/<address>   the ratchets with one device                         (signal/fields.hpp)
//   ident/<address>  the identity last seen of one device                 (signal/fields.hpp)
//   skey/…           sender keys of group members                         (signal/fields.hpp)
//   dev/<user>       the devices of one user, cached; `<user>` as its JID prints
//   lid/<number>     the hidden id that belongs to a phone number
//   pn/<lid>         the phone number that belongs to a hidden id; old ids stay readable
//   retry/<0…63>     plaintexts of our undelivered messages, for retry receipts
//   era/<address>    in which era the session with one device was started, after state went back
//   tct/<user>       trusted-contact tokens exchanged with one person
//   asks/<0…15>      how often we asked for undecryptable messages again
//   appkey/<hex id>  app state keys the phone shared

inline constexpr std::string_view kCredentialsField = "creds";
inline constexpr std::string_view kPrekeysField = "prekeys";

/// If none of these is there, neither has written to the other yet.
std::vector<std::string> contact_fields(const Jid& person);
std::string devices_field(const Jid& user);
std::string lid_field(std::string_view number);
std::string pn_field(std::string_view lid);
std::string era_field(const signal::Address& address);
std::string trust_field(const Jid& user);
std::string app_key_field(std::string_view key_id);

}  // namespace linekeeper::transport
