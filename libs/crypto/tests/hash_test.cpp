#include "linekeeper/crypto/hash.hpp"

#include <gtest/gtest.h>

#include <string>

namespace linekeeper::crypto {
namespace {

// The examples of RFC 1321, RFC 3174 and FIPS 180.
TEST(HashTest, GivesTheDigestsOfThePublishedExamples) {
  EXPECT_EQ(to_hex(md5(as_bytes("abc"))), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(to_hex(sha1(as_bytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha512(as_bytes("abc"))),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(HashTest, HashesNothing) {
  EXPECT_EQ(to_hex(md5({})), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(HashTest, InterleavedAlgorithmsDoNotDisturbEachOther) {
  Sha256 long_running;
  long_running.update(as_bytes("a"));
  EXPECT_EQ(sha256(as_bytes("abc")), sha256(as_bytes("abc")));
  (void)md5(as_bytes("x"));
  long_running.update(as_bytes("bc"));
  EXPECT_EQ(long_running.finish(), sha256(as_bytes("abc")));
}

TEST(Sha256Test, StartsAnewAfterFinish) {
  Sha256 hash;
  (void)hash.update(as_bytes("first")).finish();
  EXPECT_EQ(hash.update(as_bytes("abc")).finish(), sha256(as_bytes("abc")));
}

// RFC 4231.
TEST(HmacTest, GivesTheTagsOfThePublishedExamples) {
  EXPECT_EQ(to_hex(hmac_sha256(Bytes(20, 0x0b), as_bytes("Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha512(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
            "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

TEST(HmacTest, HashesAKeyLongerThanABlockFirst) {
  EXPECT_EQ(to_hex(hmac_sha256(Bytes(131, 0xaa), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256Test, InPiecesEqualsAllAtOnceAndCanBeUsedAgain) {
  for (const std::size_t size : {4U, 64U, 131U}) {
    const Bytes key(size, 0xaa);
    HmacSha256 hmac(key);
    for (int round = 0; round < 2; ++round) {
      hmac.update(as_bytes("what do ya ")).update(as_bytes("want for nothing?"));
      EXPECT_EQ(hmac.finish(), hmac_sha256(key, as_bytes("what do ya want for nothing?"))) << "key of " << size;
    }
  }
}

}  // namespace
}  // namespace linekeeper::crypto
