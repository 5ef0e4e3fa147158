#pragma once

#include <cstdint>

namespace linekeeper::test {

/// A TCP port of the loopback interface that nobody listened on a moment ago. Throws if there is none.
std::uint16_t free_port();

}  // namespace linekeeper::test
