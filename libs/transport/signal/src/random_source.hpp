#pragma once

#include <cstdint>
#include <span>

namespace linekeeper::transport::signal {

/// The thread's `ScopedRandom`, else the system's generator.
void fill_from_present_source(std::span<std::uint8_t> out);

}  // namespace linekeeper::transport::signal
