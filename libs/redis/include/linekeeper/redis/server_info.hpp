#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "linekeeper/redis/reply.hpp"

namespace linekeeper::redis {

/// What survives a crash of the server, as far as we may look.
enum class Persistence {
  always,   ///< Append-only file, synced before each answer: acknowledged writes are kept.
  weak,     ///< Snapshots only, or synced once a second or never, or nothing at all.
  unknown,  ///< The server does not tell (managed services often forbid CONFIG).
};
std::string_view name_of(Persistence persistence) noexcept;

/// What a server says of itself, read at each connect.
struct ServerInfo {
  std::string run_id;   ///< Another one after each restart. Empty if not told.
  std::string version;  ///< "7.0.15".
  unsigned major = 0;
  std::optional<std::string> eviction;  ///< maxmemory-policy; nothing if the server does not tell.
  Persistence persistence = Persistence::unknown;
  std::uint64_t maxmemory = 0;  ///< Bytes; 0 is no limit.
};

/// From the text of INFO and the answer to `CONFIG GET append*` (an error reply if CONFIG is forbidden).
ServerInfo read_server_info(std::string_view info, const Reply& config);

/// Why we do not work with this server; empty if we do. One sentence with what to do about it.
std::string refusal(const ServerInfo& info);

}  // namespace linekeeper::redis
