#include "access/caller.hpp"

#include <algorithm>

namespace linekeeper::control {
namespace {

constexpr std::uint8_t bit(Role role) {
  return static_cast<std::uint8_t>(role);
}

}  // namespace

bool Caller::may(Role role) const noexcept {
  return (roles & bit(role)) != 0;
}

bool Caller::sees(std::string_view session) const noexcept {
  return prefixes.empty() ||
         std::ranges::any_of(prefixes, [&](const std::string& prefix) { return session.starts_with(prefix); });
}

std::optional<std::uint8_t> roles_of(std::string_view name) noexcept {
  constexpr std::uint8_t kAll = bit(Role::read) | bit(Role::operate) | bit(Role::send) | bit(Role::admin);
  if (name == "read") return bit(Role::read);
  if (name == "operate") return static_cast<std::uint8_t>(bit(Role::operate) | bit(Role::read));
  if (name == "send") return static_cast<std::uint8_t>(bit(Role::send) | bit(Role::read));
  if (name == "admin") return kAll;
  return std::nullopt;
}

}  // namespace linekeeper::control
