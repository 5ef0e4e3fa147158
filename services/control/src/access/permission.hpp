#pragma once

#include <optional>
#include <string_view>

#include "access/caller.hpp"
#include "failure.hpp"

namespace linekeeper::control {

/// Whether this caller may, and may with this session. Errors: ACCESS_DENIED, detail `role` or `session`.
std::optional<Failure> refusal(const Caller& caller, Role role);
std::optional<Failure> refusal(const Caller& caller, Role role, std::string_view session);

}  // namespace linekeeper::control
