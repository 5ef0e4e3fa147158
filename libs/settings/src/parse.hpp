#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "linekeeper/settings/values.hpp"

namespace linekeeper::settings {

/// What would have been right: `a duration such as 500ms, 15s, 10m, at least 1s`.
struct Refusal {
  std::string allowed;
};

/// One written value. Lists: one entry a line.
std::variant<Value, Refusal> parse(const Setting& setting, std::string_view written);

/// What the setting takes, in words.
std::string allowed_values(const Setting& setting);

/// 90000 ms as 90s, 600000 as 10m: the shortest whole number.
std::string write_duration(std::uint64_t ms);

}  // namespace linekeeper::settings
