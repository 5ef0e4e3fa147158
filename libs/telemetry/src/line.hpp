#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "linekeeper/base/secret.hpp"
#include "linekeeper/telemetry/log.hpp"

namespace linekeeper::telemetry {

/// What a line is made of. Longer texts are cut: a line stays below 4 KiB, so that a pipe takes it whole.
struct LineParts {
  std::chrono::system_clock::time_point time;
  Level level;
  std::string_view message;
  std::span<const Field> fields;
  std::uint64_t suppressed = 0;
};

/// How identifiers appear: as they are without a key, else `#` and 16 hex digits of their keyed hash.
struct Identifiers {
  bool plain = false;
  SecretBytes key = {};
};

std::string json_line(const LineParts& parts, const Identifiers& identifiers);
std::string text_line(const LineParts& parts, const Identifiers& identifiers);

}  // namespace linekeeper::telemetry
