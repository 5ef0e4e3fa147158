#pragma once

#include <cstddef>
#include <cstdint>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::crypto {

/// HKDF (RFC 5869) with SHA-256: `n` bytes. An empty salt counts as 32 zero bytes.
/// Precondition: `n <= 255 * 32`; throws std::invalid_argument otherwise.
Bytes hkdf_sha256(ByteView ikm, ByteView salt, ByteView info, std::size_t n);

/// PBKDF2 (RFC 8018) with HMAC-SHA-256: `n` bytes. Slow by design (the link code takes 131,072 iterations, some 50 ms):
/// not on a thread that serves other lines.
/// Precondition: at least one iteration and one byte; throws std::invalid_argument otherwise.
Bytes pbkdf2_sha256(ByteView password, ByteView salt, std::uint32_t iterations, std::size_t n);

}  // namespace linekeeper::crypto
