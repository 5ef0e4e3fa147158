#include "linekeeper/crypto/cipher.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "linekeeper/crypto/hkdf.hpp"
#include "support/vectors.hpp"

namespace linekeeper::crypto {
namespace {

using test::load_vectors;
using test::unhex;

TEST(CbcTest, EncryptsTheMediaOfTheVectors) {
  const auto vectors = load_vectors("messaging.json");
  for (const auto& c : vectors["media"]["cases"]) {
    SCOPED_TRACE(c["type"].get<std::string>());
    const Bytes key = unhex(c["cipher_key"]);
    const Bytes iv = unhex(c["iv"]);
    const Bytes whole = unhex(c["ciphertext_with_mac"]);
    const ByteView cipher = ByteView(whole).first(whole.size() - 10);
    EXPECT_EQ(aes256_cbc_encrypt(key, iv, unhex(c["plaintext"])), to_bytes(cipher));
    EXPECT_EQ(aes256_cbc_decrypt(key, iv, cipher).value(), unhex(c["plaintext"]));
    HmacSha256 mac(unhex(c["mac_key"]));
    const auto tag = mac.update(iv).update(cipher).finish();
    EXPECT_EQ(to_bytes(ByteView(tag).first(10)), unhex(c["mac10"]));
  }
}

TEST(CbcTest, PadsEveryLength) {
  const Bytes key(32, 1);
  const Bytes iv(16, 2);
  for (std::size_t size = 0; size <= 33; ++size) {
    const Bytes plain(size, 7);
    const Bytes sealed = aes256_cbc_encrypt(key, iv, plain);
    EXPECT_EQ(sealed.size(), (size / 16 + 1) * 16);
    EXPECT_EQ(aes256_cbc_decrypt(key, iv, sealed).value(), plain);
  }
}

TEST(CbcTest, RefusesBadPaddingAndBrokenLengths) {
  const Bytes key(32, 1);
  const Bytes iv(16, 2);
  Bytes sealed = aes256_cbc_encrypt(key, iv, Bytes(16, 7));  // the second block is all padding
  sealed[15] ^= 0x40;                                        // turns the padding's last byte into more than a block
  EXPECT_EQ(aes256_cbc_decrypt(key, iv, sealed).error(), Errc::decrypt_failed);
  EXPECT_EQ(aes256_cbc_decrypt(key, iv, {}).error(), Errc::decrypt_failed);
  EXPECT_EQ(aes256_cbc_decrypt(key, iv, Bytes(15)).error(), Errc::decrypt_failed);
  EXPECT_EQ(aes256_cbc_decrypt(Bytes(31), iv, Bytes(16)).error(), Errc::decrypt_failed);
  EXPECT_EQ(aes256_cbc_decrypt(key, Bytes(15), Bytes(16)).error(), Errc::decrypt_failed);
  EXPECT_THROW(aes256_cbc_encrypt(Bytes(16), iv, Bytes(16)), std::invalid_argument);
  EXPECT_TRUE(aes256_cbc_decrypt(key, iv, aes256_cbc_encrypt(key, iv, Bytes(16, 7))));
}

// NIST SP 800-38A, F.5.5.
TEST(CtrTest, GivesTheKeystreamOfThePublishedExample) {
  const Bytes key = *from_hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
  const Bytes counter = *from_hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  const Bytes plain = *from_hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
  const Bytes cipher = aes256_ctr(key, counter, plain);
  EXPECT_EQ(to_hex(cipher), "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5");
  EXPECT_EQ(aes256_ctr(key, counter, cipher), plain);
}

TEST(CtrTest, WrapsTheEphemeralKeysOfTheVectors) {
  const auto vectors = load_vectors("pairing.json");
  for (const char* side : {"companion", "primary"}) {
    SCOPED_TRACE(side);
    const auto& c = vectors["pairing_code"][side];
    const Bytes pub = unhex(vectors["keys"][std::string(side) + "_pairing_ephemeral"]["public"]);
    EXPECT_EQ(concat(unhex(c["salt"]), unhex(c["iv"]), aes256_ctr(unhex(c["key"]), unhex(c["iv"]), pub)),
              unhex(c["wrapped_ephemeral"]));
  }
}

}  // namespace
}  // namespace linekeeper::crypto
