#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace linekeeper::telemetry {

/// Lets `most` lines of one text through in each `window`, and counts the rest. Bounded; the caller brings the time.
class Repeats {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Repeats(unsigned most, std::chrono::milliseconds window) : most_(most), window_(window) {}

  /// Nothing: keep the line back. Else how many of this text were kept back since the last one let through.
  std::optional<std::uint64_t> admit(std::string_view text, Time now);

 private:
  struct Count {
    Time begin;
    unsigned seen = 0;
    std::uint64_t kept_back = 0;
  };
  static constexpr std::size_t kMostTexts = 1024;

  unsigned most_;
  std::chrono::milliseconds window_;
  std::map<std::string, Count, std::less<>> counts_;
};

}  // namespace linekeeper::telemetry
