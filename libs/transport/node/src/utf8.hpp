#pragma once

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::transport {

/// Strict UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(ByteView text) noexcept;

}  // namespace linekeeper::transport
