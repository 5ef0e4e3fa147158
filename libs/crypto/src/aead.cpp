#include "linekeeper/crypto/aead.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <stdexcept>

#include "evp.hpp"
#include "linekeeper/base/errc.hpp"

namespace linekeeper::crypto {
namespace {

const EVP_CIPHER* gcm() {
  static const EVP_CIPHER* cipher = fetched_cipher("AES-256-GCM");
  return cipher;
}

/// A context of this thread, its cipher chosen once: setting a key and a nonce is then all an operation prepares.
EVP_CIPHER_CTX* prepared(bool encrypt) {
  CipherContext context{EVP_CIPHER_CTX_new()};
  require(context != nullptr, "EVP_CIPHER_CTX_new");
  require(EVP_CipherInit_ex2(context.get(), gcm(), nullptr, nullptr, encrypt ? 1 : 0, nullptr) == 1,
          "EVP_CipherInit_ex2");
  return context.release();
}
EVP_CIPHER_CTX* sealing() {
  thread_local const CipherContext context{prepared(true)};
  return context.get();
}
EVP_CIPHER_CTX* opening() {
  thread_local const CipherContext context{prepared(false)};
  return context.get();
}

Key32 checked_key(ByteView key) {
  const auto bytes = exactly<Aes256Gcm::kKeySize>(key);
  if (!bytes) throw std::invalid_argument("AES-256-GCM: the key must have 32 bytes");
  return *bytes;
}

}  // namespace

Aes256Gcm::Aes256Gcm(ByteView key) : key_(checked_key(key)) {}

void Aes256Gcm::seal_to(Bytes& out, ByteView nonce, ByteView plain, ByteView aad) const {
  if (nonce.size() != kNonceSize) throw std::invalid_argument("AES-256-GCM: the nonce must have 12 bytes");
  if (plain.size() > INT_MAX || aad.size() > INT_MAX) throw std::invalid_argument("AES-256-GCM: more than 2 GiB");
  const std::size_t start = out.size();
  out.resize(start + plain.size() + kTagSize);
  std::uint8_t* const to = out.data() + start;

  EVP_CIPHER_CTX* const context = sealing();
  int n = 0;
  bool ok = EVP_EncryptInit_ex2(context, nullptr, key_.reveal().data(), nonce.data(), nullptr) == 1;
  if (ok && !aad.empty()) ok = EVP_EncryptUpdate(context, nullptr, &n, aad.data(), static_cast<int>(aad.size())) == 1;
  if (ok && !plain.empty()) ok = EVP_EncryptUpdate(context, to, &n, plain.data(), static_cast<int>(plain.size())) == 1;
  ok = ok && EVP_EncryptFinal_ex(context, to + plain.size(), &n) == 1 &&
       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagSize, to + plain.size()) == 1;
  require(ok, "AES-256-GCM");
}

Bytes Aes256Gcm::seal(ByteView nonce, ByteView plain, ByteView aad) const {
  Bytes out;
  out.reserve(plain.size() + kTagSize);
  seal_to(out, nonce, plain, aad);
  return out;
}

Result<Bytes> Aes256Gcm::open(ByteView nonce, ByteView sealed, ByteView aad) const {
  if (nonce.size() != kNonceSize || sealed.size() < kTagSize || sealed.size() > INT_MAX || aad.size() > INT_MAX) {
    return Errc::decrypt_failed;
  }
  const ByteView cipher = sealed.first(sealed.size() - kTagSize);
  std::array<std::uint8_t, kTagSize> tag;  // OpenSSL wants to be able to write to it
  std::copy(sealed.end() - kTagSize, sealed.end(), tag.begin());
  Bytes out(cipher.size());

  EVP_CIPHER_CTX* const context = opening();
  int n = 0;
  std::uint8_t nowhere = 0;  // the final step writes nothing, but wants an address
  bool ok = EVP_DecryptInit_ex2(context, nullptr, key_.reveal().data(), nonce.data(), nullptr) == 1;
  if (ok && !aad.empty()) ok = EVP_DecryptUpdate(context, nullptr, &n, aad.data(), static_cast<int>(aad.size())) == 1;
  if (ok && !cipher.empty()) {
    ok = EVP_DecryptUpdate(context, out.data(), &n, cipher.data(), static_cast<int>(cipher.size())) == 1;
  }
  require(ok && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1, "AES-256-GCM");
  if (EVP_DecryptFinal_ex(context, &nowhere, &n) != 1) {
    forget_errors();
    wipe(out);
    return Errc::decrypt_failed;
  }
  return out;
}

}  // namespace linekeeper::crypto
