#pragma once

#include <chrono>

namespace linekeeper::transport {

/// Deadlines are monotonic; machines get the time from their caller.
using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
inline constexpr Time kNever = Time::max();

}  // namespace linekeeper::transport
