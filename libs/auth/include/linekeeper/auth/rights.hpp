#pragma once

#include <string>
#include <vector>

#include "linekeeper/redis/connection.hpp"

namespace linekeeper::auth {

/// What of the rights that a worker needs its user of Redis lacks: names of commands, or one key. Asked before anything
/// is written, because a script stops where a right is missing, and keeps what it wrote until then.
awaitable<Result<std::vector<std::string>>> missing_rights(redis::Connection& connection);

}  // namespace linekeeper::auth
