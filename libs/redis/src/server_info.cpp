#include "linekeeper/redis/server_info.hpp"

#include <charconv>

namespace linekeeper::redis {
namespace {

template <typename Number>
Number number_in(std::string_view text) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The value of `name:value` on a line of its own.
std::optional<std::string_view> line_of(std::string_view info, std::string_view name) {
  for (std::size_t at = 0; at < info.size();) {
    const std::size_t end = std::min(info.find('\n', at), info.size());
    std::string_view line = info.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) return line.substr(name.size() + 1);
    at = end + 1;
  }
  return std::nullopt;
}

std::optional<std::string_view> setting(const Reply& config, std::string_view name) {
  const Reply::Array* pairs = config.array();
  for (std::size_t i = 0; pairs && i + 1 < pairs->size(); i += 2)
    if ((*pairs)[i].string() == name) return (*pairs)[i + 1].string();
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Persistence persistence) noexcept {
  switch (persistence) {
    case Persistence::always: return "always";
    case Persistence::weak: return "weak";
    case Persistence::unknown: return "unknown";
  }
  return "unknown";
}

ServerInfo read_server_info(std::string_view info, const Reply& config) {
  ServerInfo server;
  server.run_id = line_of(info, "run_id").value_or("");
  server.version = line_of(info, "redis_version").value_or("");
  server.major = number_in<unsigned>(server.version);
  if (const auto eviction = line_of(info, "maxmemory_policy")) server.eviction = std::string(*eviction);
  server.maxmemory = number_in<std::uint64_t>(line_of(info, "maxmemory").value_or("0"));

  const auto appending = line_of(info, "aof_enabled");
  const auto syncing = setting(config, "appendfsync");
  if (appending == "0")
    server.persistence = Persistence::weak;
  else if (appending && syncing)
    server.persistence = *syncing == "always" ? Persistence::always : Persistence::weak;
  return server;
}

std::string refusal(const ServerInfo& info) {
  if (info.run_id.empty() || info.major == 0)
    return "Redis does not tell its version and run id: allow this user the INFO command.";
  if (info.major < 7) return "Redis " + info.version + " is too old: run version 7 or newer.";
  if (info.eviction && *info.eviction != "noeviction")
    return "Redis evicts keys (maxmemory-policy " + *info.eviction + "), which would lose lines: set it to noeviction.";
  return {};
}

}  // namespace linekeeper::redis
