#pragma once

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"

namespace linekeeper::crypto {

// AES-256 without authentication: whoever calls these checks a MAC first.
// Keys have 32 bytes and IVs 16. The encrypting side throws std::invalid_argument otherwise.

/// CBC with PKCS#7 padding: the result is longer by 1 to 16 bytes.
Bytes aes256_cbc_encrypt(ByteView key, ByteView iv, ByteView plain);
/// Errors: `decrypt_failed` for a wrong length of key, IV or data, or for bad padding.
Result<Bytes> aes256_cbc_decrypt(ByteView key, ByteView iv, ByteView sealed);

/// CTR: encrypts and decrypts alike, the length stays. `counter` is the whole 16-byte first block.
Bytes aes256_ctr(ByteView key, ByteView counter, ByteView data);

}  // namespace linekeeper::crypto
