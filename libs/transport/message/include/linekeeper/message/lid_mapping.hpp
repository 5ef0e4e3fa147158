#pragma once

#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/node/jid.hpp"

namespace linekeeper::transport::message {

/// Two addresses of one person.
struct LidMapping {
  Jid pn;
  Jid lid;
  friend bool operator==(const LidMapping&, const LidMapping&) = default;
};

/// The pairs inside a mapping message of the own phone (only its own phone's word counts). The latest hidden id wins
/// over the one assigned first. Error: `malformed_message`.
Result<std::vector<LidMapping>> parse_lid_mappings(ByteView payload);

}  // namespace linekeeper::transport::message
