#include "web/phone_format.hpp"

#include <algorithm>

namespace linekeeper::control {
namespace {

constexpr std::size_t kLeast = 7;
constexpr std::size_t kMost = 15;  ///< E.164.

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::optional<std::string> format_phone(std::string_view written, std::string_view country) {
  if (!country.empty() && (country.size() > 3 || country.front() == '0' || !std::ranges::all_of(country, is_digit)))
    return std::nullopt;
  std::string digits;
  bool international = false;
  for (const char c : written) {
    if (c == '+' && digits.empty() && !international) {
      international = true;
    } else if (is_digit(c)) {
      digits += c;
    } else if (std::string_view(" \t-.()/").find(c) == std::string_view::npos) {
      return std::nullopt;
    }
  }
  if (!international && digits.starts_with("00")) {
    digits.erase(0, 2);
    international = true;
  }
  if (!international && !country.empty()) {
    if (digits.starts_with('0'))
      digits.replace(0, 1, country);
    else if (!digits.starts_with(country))
      digits.insert(0, country);
  }
  if (digits.size() < kLeast || digits.size() > kMost || digits.front() == '0') return std::nullopt;
  return digits;
}

}  // namespace linekeeper::control
