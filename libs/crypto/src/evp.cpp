#include "evp.hpp"

#include <openssl/err.h>

#include <stdexcept>
#include <string>

namespace linekeeper::crypto {

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("cryptography failed: ") + what);
}

void forget_errors() noexcept {
  ERR_clear_error();
}

// The callers keep the result in a function's static and never free it: threads may still hash while the process ends.
const EVP_MD* fetched_md(const char* name) {
  const EVP_MD* md = EVP_MD_fetch(nullptr, name, nullptr);
  require(md != nullptr, name);
  return md;
}

const EVP_CIPHER* fetched_cipher(const char* name) {
  const EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  require(cipher != nullptr, name);
  return cipher;
}

}  // namespace linekeeper::crypto
