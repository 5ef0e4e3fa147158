#pragma once

#include <string>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::transport {

/// Strict UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(ByteView text) noexcept;

/// The text itself if it is UTF-8; otherwise with U+FFFD for each byte that is not part of a character. For text that
/// peers wrote and that must go on as UTF-8.
std::string scrub_utf8(std::string text);

}  // namespace linekeeper::transport
