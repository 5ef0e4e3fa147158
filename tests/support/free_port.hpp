#pragma once

#include <cstdint>

namespace linekeeper::test {

/// A TCP port of the loopback interface for a server of a test, kept for it until this process ends: no outgoing
/// connection is given it, because it lies below the kernel's range for those, and no other test, because the UDP port
/// of the same number is held as its reservation (tests/peers/lib/program.js does the same). Throws if there is none.
std::uint16_t free_port();

}  // namespace linekeeper::test
