#include "linekeeper/crypto/hkdf.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <stdexcept>

#include "evp.hpp"
#include "linekeeper/base/secret.hpp"
#include "linekeeper/crypto/hash.hpp"

namespace linekeeper::crypto {

Bytes hkdf_sha256(ByteView ikm, ByteView salt, ByteView info, std::size_t n) {
  constexpr std::size_t kBlock = sizeof(Sha256Digest);
  if (n > 255 * kBlock) throw std::invalid_argument("HKDF: more than 255 blocks");
  Sha256Digest extracted = hmac_sha256(salt, ikm);  // an empty key is padded with zeros, as is one of 32 zeros

  Bytes out;
  out.reserve(n);
  Bytes input;  // previous block, info, counter
  input.reserve(kBlock + info.size() + 1);
  Sha256Digest block{};
  for (std::uint8_t counter = 1; out.size() < n; ++counter) {
    input.clear();
    if (counter > 1) append(input, block);
    append(input, info);
    input.push_back(counter);
    block = hmac_sha256(extracted, input);
    append(out, ByteView(block).first(std::min(kBlock, n - out.size())));
  }
  wipe(extracted);
  wipe(input);
  wipe(block);
  return out;
}

Bytes pbkdf2_sha256(ByteView password, ByteView salt, std::uint32_t iterations, std::size_t n) {
  static const EVP_MD* md = fetched_md("SHA2-256");
  if (iterations == 0 || iterations > INT_MAX || n == 0 || n > INT_MAX) {
    throw std::invalid_argument("PBKDF2: iterations and length must be positive");
  }
  Bytes out(n);
  require(PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(password.data()), static_cast<int>(password.size()),
                            salt.data(), static_cast<int>(salt.size()), static_cast<int>(iterations), md,
                            static_cast<int>(n), out.data()) == 1,
          "PKCS5_PBKDF2_HMAC");
  return out;
}

}  // namespace linekeeper::crypto
