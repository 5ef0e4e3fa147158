#pragma once

#include <optional>
#include <string>

#include "board/board.hpp"
#include "linekeeper/auth/line_reader.hpp"
#include "linekeeper/v1/control.pb.h"

namespace linekeeper::control {

/// Whose line it is, as the stored credentials say.
struct Account {
  std::string phone_number;
  std::string lid;
};
/// From the line's sealed credentials; nothing if they are of no account yet or do not parse.
std::optional<Account> account_of(const std::optional<Bytes>& credentials);

/// A session out of what is stored and what was last heard. What is stored decides where it stands; the event adds what
/// is only said: number (without the ring), progress and, if `now` is given, a QR or code that is still live.
v1::Session session_of(const auth::LineGlance& line, const std::optional<Account>& account, const Board::Entry* heard,
                       std::optional<UnixTime> pairing_at = {});

/// The same out of an event alone, without QR and code.
v1::Session session_of(const v1::ConnectionEvent& event);

v1::CredentialStatus credential_status_of(const auth::LineGlance& line, const v1::Session& session);

}  // namespace linekeeper::control
