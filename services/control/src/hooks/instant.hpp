#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace linekeeper::control {

/// A moment written as RFC 3339 in UTC, whole seconds: 2026-01-31T12:00:00Z
std::optional<std::chrono::system_clock::time_point> instant_of(std::string_view text);

/// How long a Retry-After header asks to wait: seconds, or a date as HTTP writes it. Nothing if it is neither.
/// A date that has passed is zero.
std::optional<std::chrono::milliseconds> retry_after_of(std::string_view text,
                                                        std::chrono::system_clock::time_point now);

}  // namespace linekeeper::control
