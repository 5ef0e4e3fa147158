#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "linekeeper/session/changes.hpp"

namespace linekeeper::transport {

/// The names of all fields that are kept for a limited time only: retry copies, and how often we asked for a message.
/// A connected line looks after them itself; for one that is not, whoever holds it does.
std::vector<std::string> limited_fields();

/// What of them has outlived its time: sent or asked before `oldest` (unix seconds), or unreadable.
Changes outlived(const Fetched& found, std::int64_t oldest);

}  // namespace linekeeper::transport
