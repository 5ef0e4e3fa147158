#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linekeeper::control {

/// What a caller may do. Operate and send include read; admin includes all.
enum class Role : std::uint8_t {
  read = 1,     ///< See statuses, credentials' status and commands; watch.
  operate = 2,  ///< Pair (and so see QRs and codes), reconnect, disconnect.
  send = 4,     ///< Send messages, check numbers.
  admin = 8,    ///< Reset, log out.
};

/// Who asks, once known.
struct Caller {
  std::string name;
  std::uint8_t roles = 0;             ///< Role or-ed together.
  std::vector<std::string> prefixes;  ///< Sessions that begin with one of these; none: all sessions.

  bool may(Role role) const noexcept;
  bool sees(std::string_view session) const noexcept;
};

/// `read`, `operate`, `send`, `admin`, with what each includes.
std::optional<std::uint8_t> roles_of(std::string_view name) noexcept;

}  // namespace linekeeper::control
