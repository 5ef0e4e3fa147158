#pragma once

#include <string>
#include <vector>

namespace linekeeper::redis {

/// A command and its arguments, all of them bytes.
using Command = std::vector<std::string>;

/// As it goes on the wire. Precondition: not empty.
std::string encode(const Command& command);

}  // namespace linekeeper::redis
