#pragma once

#include <openssl/evp.h>

#include <memory>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::crypto {

template <auto Free>
struct EvpFree {
  template <typename T>
  void operator()(T* what) const noexcept {
    Free(what);
  }
};

using MdContext = std::unique_ptr<EVP_MD_CTX, EvpFree<EVP_MD_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, EvpFree<EVP_CIPHER_CTX_free>>;
using PKey = std::unique_ptr<EVP_PKEY, EvpFree<EVP_PKEY_free>>;
using PKeyContext = std::unique_ptr<EVP_PKEY_CTX, EvpFree<EVP_PKEY_CTX_free>>;

/// For calls that fail only when memory is out or the library is broken: throws std::runtime_error naming the call.
void require(bool ok, const char* what);

/// After a refusal that is an ordinary outcome: TLS on this thread reads the same error queue and would trip over it.
void forget_errors() noexcept;

/// Fetched once for the whole process: a fetch by name costs more than hashing a message.
const EVP_MD* fetched_md(const char* name);
const EVP_CIPHER* fetched_cipher(const char* name);

}  // namespace linekeeper::crypto
