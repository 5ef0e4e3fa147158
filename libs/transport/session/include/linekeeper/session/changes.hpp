#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::transport {

/// One field of a line's state: its new value, or nothing to erase it. Values are secret unless stated otherwise:
/// the host seals them and never logs them. Names are listed in `state_fields.hpp`; they contain phone numbers and
/// LIDs.
struct Change {
  std::string field;
  std::optional<Bytes> value;
};

/// Applied all or none, in order: a later change of the same field wins.
using Changes = std::vector<Change>;

/// What `LineHost::fetch` found: only fields that exist.
using Fetched = std::map<std::string, Bytes, std::less<>>;

}  // namespace linekeeper::transport
