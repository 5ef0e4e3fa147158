#include "linekeeper/crypto/cipher.hpp"

#include <climits>
#include <optional>
#include <stdexcept>
#include <utility>

#include "evp.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/base/secret.hpp"

namespace linekeeper::crypto {
namespace {

constexpr std::size_t kKey = 32;
constexpr std::size_t kBlock = 16;

const EVP_CIPHER* cbc() {
  static const EVP_CIPHER* cipher = fetched_cipher("AES-256-CBC");
  return cipher;
}
const EVP_CIPHER* ctr() {
  static const EVP_CIPHER* cipher = fetched_cipher("AES-256-CTR");
  return cipher;
}

/// Nothing if the padding is wrong. Sizes were checked.
std::optional<Bytes> run(const EVP_CIPHER* cipher, bool encrypt, ByteView key, ByteView iv, ByteView data) {
  thread_local const CipherContext context{EVP_CIPHER_CTX_new()};
  require(context != nullptr, "EVP_CIPHER_CTX_new");
  Bytes out(data.size() + kBlock);
  int n = 0;
  int last = 0;
  require(EVP_CipherInit_ex2(context.get(), cipher, key.data(), iv.data(), encrypt ? 1 : 0, nullptr) == 1,
          "EVP_CipherInit_ex2");
  if (!data.empty()) {
    require(EVP_CipherUpdate(context.get(), out.data(), &n, data.data(), static_cast<int>(data.size())) == 1,
            "EVP_CipherUpdate");
  }
  if (EVP_CipherFinal_ex(context.get(), out.data() + n, &last) != 1) {
    forget_errors();
    wipe(out);
    return std::nullopt;
  }
  out.resize(static_cast<std::size_t>(n) + static_cast<std::size_t>(last));
  return out;
}

bool fits(ByteView key, ByteView iv, ByteView data) {
  return key.size() == kKey && iv.size() == kBlock && data.size() <= INT_MAX - kBlock;
}

/// Encryption has no padding to refuse.
Bytes encrypt(const EVP_CIPHER* cipher, ByteView key, ByteView iv, ByteView data) {
  auto out = run(cipher, true, key, iv, data);
  if (!out) throw std::runtime_error("cryptography failed: EVP_CipherFinal_ex");
  return std::move(*out);
}

}  // namespace

Bytes aes256_cbc_encrypt(ByteView key, ByteView iv, ByteView plain) {
  if (!fits(key, iv, plain)) throw std::invalid_argument("AES-256-CBC: wrong size of key, IV or data");
  return encrypt(cbc(), key, iv, plain);
}

Result<Bytes> aes256_cbc_decrypt(ByteView key, ByteView iv, ByteView sealed) {
  if (!fits(key, iv, sealed) || sealed.empty() || sealed.size() % kBlock != 0) return Errc::decrypt_failed;
  auto plain = run(cbc(), false, key, iv, sealed);
  if (!plain) return Errc::decrypt_failed;
  return std::move(*plain);
}

Bytes aes256_ctr(ByteView key, ByteView counter, ByteView data) {
  if (!fits(key, counter, data)) throw std::invalid_argument("AES-256-CTR: wrong size of key, counter or data");
  return encrypt(ctr(), key, counter, data);
}

}  // namespace linekeeper::crypto
