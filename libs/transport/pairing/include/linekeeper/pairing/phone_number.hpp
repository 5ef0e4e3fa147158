#pragma once

#include <string>
#include <string_view>

#include "linekeeper/base/result.hpp"
#include "linekeeper/node/jid.hpp"

namespace linekeeper::transport {

/// The digits of an international number: `+`, blanks, hyphens, dots, slashes and brackets dropped, full-width and
/// Arabic digits converted. National prefixes are never rewritten.
/// Errors: `invalid_argument` for letters or other characters, a leading 0, fewer than 7 or more than 15 digits.
Result<std::string> normalize_phone(std::string_view input);

enum class PhoneMatch {
  exact,
  country_alias,  ///< The same line under the spelling WhatsApp uses: Brazil's ninth digit, Mexico's 1, Argentina's 9.
  mismatch,
};

/// Whether an account is the one that was asked for. `requested` in any form `normalize_phone` accepts; hidden ids
/// never match.
PhoneMatch match_phone(std::string_view requested, const Jid& account);

/// `55*******4321`, for messages to people.
std::string mask_phone(std::string_view digits);

}  // namespace linekeeper::transport
