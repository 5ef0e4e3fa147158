#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace linekeeper::settings {

/// How a value is written, and what `Values` gives back for it.
enum class Type {
  text,      ///< Anything.
  flag,      ///< on|off, true|false, yes|no, 1|0; as a flag on the command line also without a value.
  count,     ///< A whole number, decimal.
  duration,  ///< A whole number with ms, s, m, h or d: 500ms, 15s, 10m.
  rate,      ///< Per second or minute: 50/s, 2.5/s, 30/m; or `off` for no limit.
  bytes,     ///< A whole number, optionally with KiB, MiB, GiB (or K, M, G, meaning the same).
  url,       ///< scheme://…, the scheme one of `choices`. User and password inside are never shown.
  choice,    ///< One of `choices`.
  hex32,     ///< 64 hex digits.
  list,      ///< Repeatable. In the environment one entry a line or separated by `;`.
  address,   ///< host:port; an IPv6 host in brackets.
};

enum class Program : std::uint8_t { worker = 1, control = 2, sandbox = 4 };
using Programs = std::uint8_t;  ///< Programs or-ed together.
constexpr Programs operator|(Program a, Program b) {
  return Programs(Programs(a) | Programs(b));
}
inline constexpr Programs kAllPrograms = 7;

/// One row of the table: everything the loader, `--help` and `--print-config` know of a setting.
struct Setting {
  std::string
      name;  ///< kafka-brokers: flag --kafka-brokers, environment LINEKEEPER_KAFKA_BROKERS, file key kafka-brokers.
  Type type;
  std::string fallback;  ///< As a user would write it; empty: not set.
  Programs programs;
  std::string group;  ///< Heading in --help.
  std::string help;   ///< A sentence or two.
  std::vector<std::string> choices = {};
  bool secret = false;      ///< Its value never reaches --print-config or an error text.
  std::uint64_t least = 0;  ///< Bounds of count, duration (ms) and bytes.
  std::uint64_t most = UINT64_MAX;
};

/// LINEKEEPER_KAFKA_BROKERS for kafka-brokers.
std::string environment_name(std::string_view name);

/// All settings of all programs.
std::span<const Setting> all_settings();

}  // namespace linekeeper::settings
