#pragma once

#include <cstdint>

namespace linekeeper::auth {

/// Greater than every token handed out before for the same session; goes with every write. 0 is none. Below 2^53.
using FencingToken = std::uint64_t;

}  // namespace linekeeper::auth
