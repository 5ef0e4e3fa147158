#include "linekeeper/pairing/phone_number.hpp"

#include <array>
#include <optional>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::transport {
namespace {

/// One code point from the front of UTF-8; nothing if it is not well formed. Overlong forms give values that are not
/// digits' own, so they are refused below like any other character.
std::optional<char32_t> take_code_point(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  std::size_t size = 1;
  char32_t out = lead;
  if (lead >= 0xF0 && lead < 0xF8) {
    size = 4;
    out = lead & 0x07U;
  } else if (lead >= 0xE0 && lead < 0xF0) {
    size = 3;
    out = lead & 0x0FU;
  } else if (lead >= 0xC0 && lead < 0xE0) {
    size = 2;
    out = lead & 0x1FU;
  } else if (lead >= 0x80) {
    return std::nullopt;
  }
  if (text.size() < size) return std::nullopt;
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80U) return std::nullopt;
    out = out << 6U | (next & 0x3FU);
  }
  if ((size == 2 && out < 0x80) || (size == 3 && out < 0x800) || (size == 4 && out < 0x10000)) return std::nullopt;
  text.remove_prefix(size);
  return out;
}

std::optional<char> digit(char32_t c) noexcept {
  for (const char32_t zero : {U'0', U'\uFF10', U'\u0660', U'\u06F0'})  // ASCII, full-width, Arabic, Persian
    if (c >= zero && c <= zero + 9) return static_cast<char>('0' + (c - zero));
  return std::nullopt;
}

bool is_decoration(char32_t c) noexcept {
  constexpr std::u32string_view kDropped = U"+ ()-./\t\u00A0\uFF0B\u2010\u2011\u2012\u2013";
  return kDropped.find(c) != std::u32string_view::npos;
}

/// The number without the digit that WhatsApp adds or drops in that country; as it is where there is no such rule.
std::string without_extra_digit(std::string_view digits) {
  std::string out(digits);
  if (digits.starts_with("55") && digits.size() == 13 && digits[4] == '9') out.erase(4, 1);  // 55 area 9 + 8 digits
  if (digits.starts_with("521") && digits.size() == 13) out.erase(2, 1);                     // 52 1 + 10 digits
  if (digits.starts_with("549") && digits.size() == 13) out.erase(2, 1);                     // 54 9 + 10 digits
  return out;
}

}  // namespace

Result<std::string> normalize_phone(std::string_view input) {
  std::string out;
  while (!input.empty()) {
    const auto c = take_code_point(input);
    if (!c) return Errc::invalid_argument;
    if (const auto d = digit(*c)) {
      if (out.size() == 15) return Errc::invalid_argument;
      out.push_back(*d);
    } else if (!is_decoration(*c)) {
      return Errc::invalid_argument;
    }
  }
  if (out.size() < 7 || out[0] == '0') return Errc::invalid_argument;
  return out;
}

PhoneMatch match_phone(std::string_view requested, const Jid& account) {
  const auto wanted = normalize_phone(requested);
  if (!wanted || !account.is_pn()) return PhoneMatch::mismatch;
  if (*wanted == account.user) return PhoneMatch::exact;
  return without_extra_digit(*wanted) == without_extra_digit(account.user) ? PhoneMatch::country_alias
                                                                           : PhoneMatch::mismatch;
}

std::string mask_phone(std::string_view digits) {
  if (digits.size() < 7) return std::string(digits.size(), '*');
  return std::string(digits.substr(0, 2)) + std::string(digits.size() - 6, '*') +
         std::string(digits.substr(digits.size() - 4));
}

}  // namespace linekeeper::transport
