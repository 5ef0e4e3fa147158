#include "hooks/instant.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <string>

namespace linekeeper::control {
namespace {

std::optional<std::chrono::system_clock::time_point> parsed(std::string_view text, const char* form) {
  const std::string copy(text);
  std::tm time{};
  const char* end = ::strptime(copy.c_str(), form, &time);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&time));
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> instant_of(std::string_view text) {
  return parsed(text, "%Y-%m-%dT%H:%M:%SZ");
}

std::optional<std::chrono::milliseconds> retry_after_of(std::string_view text,
                                                        std::chrono::system_clock::time_point now) {
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size()) return std::chrono::seconds(seconds);
  const auto date = parsed(text, "%a, %d %b %Y %H:%M:%S GMT");
  if (!date) return std::nullopt;
  return std::max(std::chrono::milliseconds(0), std::chrono::duration_cast<std::chrono::milliseconds>(*date - now));
}

}  // namespace linekeeper::control
