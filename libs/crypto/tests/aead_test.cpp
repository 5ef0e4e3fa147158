#include "linekeeper/crypto/aead.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <stdexcept>
#include <thread>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/hkdf.hpp"
#include "support/vectors.hpp"

namespace linekeeper::crypto {
namespace {

using test::load_vectors;
using test::unhex;

const Bytes kKey(32, 0x11);
const Bytes kNonce(12, 0x22);

// Test case 16 of the GCM specification.
TEST(Aes256GcmTest, SealsThePublishedExample) {
  const Aes256Gcm aead(*from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
  const Bytes nonce = *from_hex("cafebabefacedbaddecaf888");
  const Bytes plain = *from_hex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
      "b16aedf5aa0de657ba637b39");
  const Bytes aad = *from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const Bytes sealed = aead.seal(nonce, plain, aad);
  EXPECT_EQ(to_hex(sealed),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
            "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
  EXPECT_EQ(aead.open(nonce, sealed, aad).value(), plain);
}

TEST(Aes256GcmTest, SealsTheLinkCodeBundleOfTheVectors) {
  const auto vectors = load_vectors("pairing.json");
  const auto& bundle = vectors["pairing_code"]["bundle"];
  const Aes256Gcm aead(unhex(bundle["key"]));
  EXPECT_EQ(aead.seal(unhex(bundle["nonce"]), unhex(bundle["plaintext"]), {}),
            concat(unhex(bundle["ciphertext"]), unhex(bundle["tag"])));
}

TEST(Aes256GcmTest, SealsTheMediaRetryOfTheVectors) {
  const auto vectors = load_vectors("messaging.json");
  const auto& retry = vectors["media_retry"];
  const Aes256Gcm aead(unhex(retry["retry_key"]));
  const auto id = retry["message_id"].get<std::string>();
  for (const char* side : {"request", "response"}) {
    SCOPED_TRACE(side);
    const auto& c = retry[side];
    EXPECT_EQ(aead.seal(unhex(c["enc_iv"]), unhex(c["protobuf"]), as_bytes(id)), unhex(c["enc_p"]));
    EXPECT_EQ(aead.open(unhex(c["enc_iv"]), unhex(c["enc_p"]), as_bytes(id)).value(), unhex(c["protobuf"]));
  }
}

TEST(Aes256GcmTest, SealsNothingIntoATagThatOpensToNothing) {
  const Aes256Gcm aead(kKey);
  const Bytes sealed = aead.seal(kNonce, {}, as_bytes("bound"));
  EXPECT_EQ(sealed.size(), Aes256Gcm::kTagSize);
  EXPECT_TRUE(aead.open(kNonce, sealed, as_bytes("bound")).value().empty());
  EXPECT_EQ(aead.open(kNonce, sealed, as_bytes("other")).error(), Errc::decrypt_failed);
}

TEST(Aes256GcmTest, AppendsBehindWhatIsThere) {
  const Aes256Gcm aead(kKey);
  Bytes out = to_bytes("head");
  aead.seal_to(out, kNonce, as_bytes("body"), {});
  EXPECT_EQ(out, concat(as_bytes("head"), aead.seal(kNonce, as_bytes("body"), {})));
}

TEST(Aes256GcmTest, RefusesEveryFlippedBitAndEveryCut) {
  const Aes256Gcm aead(kKey);
  const Bytes sealed = aead.seal(kNonce, as_bytes("a line of text"), as_bytes("aad"));
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Bytes broken = sealed;
    broken[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_EQ(aead.open(kNonce, broken, as_bytes("aad")).error(), Errc::decrypt_failed) << "bit " << bit;
  }
  for (std::size_t cut = 0; cut < sealed.size(); ++cut) {
    EXPECT_EQ(aead.open(kNonce, ByteView(sealed).first(cut), as_bytes("aad")).error(), Errc::decrypt_failed) << cut;
  }
  EXPECT_EQ(aead.open(kNonce, sealed, as_bytes("aad")).value(), to_bytes("a line of text"));
}

TEST(Aes256GcmTest, RefusesANonceOfAnotherSize) {
  const Aes256Gcm aead(kKey);
  EXPECT_EQ(aead.open(Bytes(11), Bytes(32), {}).error(), Errc::decrypt_failed);
  EXPECT_THROW(aead.seal(Bytes(13), Bytes(32), {}), std::invalid_argument);
  EXPECT_THROW(Aes256Gcm(Bytes(31)), std::invalid_argument);
}

TEST(Aes256GcmTest, LeavesNoErrorBehindForTlsToTripOver) {
  const Aes256Gcm aead(kKey);
  EXPECT_FALSE(aead.open(kNonce, Bytes(32), {}));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(Aes256GcmTest, KeysDoNotMixAlthoughTheThreadSharesOneContext) {
  const Aes256Gcm one(kKey);
  const Aes256Gcm other(Bytes(32, 0x33));
  const Bytes by_one = one.seal(kNonce, as_bytes("text"), {});
  const Bytes by_other = other.seal(kNonce, as_bytes("text"), {});
  EXPECT_NE(by_one, by_other);
  EXPECT_FALSE(other.open(kNonce, by_one, {}));
  EXPECT_TRUE(one.open(kNonce, by_one, {}));
  EXPECT_EQ(one.seal(kNonce, as_bytes("text"), {}), by_one);
}

TEST(Aes256GcmTest, OneKeyServesTwoThreads) {
  const Aes256Gcm aead(kKey);
  const Bytes expected = aead.seal(kNonce, as_bytes("text"), {});
  int good = 0;
  std::thread other([&] {
    for (int i = 0; i < 200; ++i)
      good += aead.seal(kNonce, as_bytes("text"), {}) == expected ? 1 : 0;
  });
  for (int i = 0; i < 200; ++i)
    EXPECT_TRUE(aead.open(kNonce, expected, {}));
  other.join();
  EXPECT_EQ(good, 200);
}

}  // namespace
}  // namespace linekeeper::crypto
