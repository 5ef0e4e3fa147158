#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace linekeeper::control {

/// International digits out of what people write: blanks, hyphens, dots, brackets and a leading + go; a leading 0 is
/// replaced by the country code; a number that neither begins with the code nor came with + or 00 gets it in front.
/// With 62: 0812…, 812… and 62812… all give 62812…. Nothing if 7 to 15 digits do not remain, or `country` is no code.
std::optional<std::string> format_phone(std::string_view written, std::string_view country);

}  // namespace linekeeper::control
