#include "linekeeper/crypto/hkdf.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "support/vectors.hpp"

namespace linekeeper::crypto {
namespace {

using test::load_vectors;
using test::unhex;

// RFC 5869, appendix A.
TEST(HkdfTest, GivesTheKeysOfThePublishedExamples) {
  const Bytes ikm(22, 0x0b);
  EXPECT_EQ(to_hex(hkdf_sha256(ikm, *from_hex("000102030405060708090a0b0c"), *from_hex("f0f1f2f3f4f5f6f7f8f9"), 42)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(to_hex(hkdf_sha256(ikm, {}, {}, 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(HkdfTest, AnEmptySaltCountsAsZeros) {
  EXPECT_EQ(hkdf_sha256(Bytes(32, 1), {}, {}, 64), hkdf_sha256(Bytes(32, 1), Bytes(32), {}, 64));
}

TEST(HkdfTest, StopsAtTheLongestOutputThereIs) {
  EXPECT_EQ(hkdf_sha256(Bytes(32, 1), {}, {}, 255 * 32).size(), 255U * 32);
  EXPECT_THROW(hkdf_sha256(Bytes(32, 1), {}, {}, 255 * 32 + 1), std::invalid_argument);
  EXPECT_TRUE(hkdf_sha256(Bytes(32, 1), {}, {}, 0).empty());
}

TEST(HkdfTest, ExpandsTheMediaKeysOfTheVectors) {
  const auto vectors = load_vectors("messaging.json");
  const auto& cases = vectors["media"]["cases"];
  ASSERT_EQ(cases.size(), 11U);
  for (const auto& c : cases) {
    SCOPED_TRACE(c["type"].get<std::string>());
    const Bytes expanded = unhex(c["expanded"]);
    const auto info = c["hkdf_info"].get<std::string>();
    EXPECT_EQ(hkdf_sha256(unhex(c["media_key"]), {}, as_bytes(info), expanded.size()), expanded);
  }
}

TEST(HkdfTest, DerivesTheLinkCodeSecretsOfTheVectors) {
  const auto vectors = load_vectors("pairing.json");
  const auto& code = vectors["pairing_code"];
  EXPECT_EQ(hkdf_sha256(unhex(code["ephemeral_shared"]), unhex(code["bundle"]["salt"]),
                        as_bytes(code["bundle"]["hkdf_info"].get<std::string>()), 32),
            unhex(code["bundle"]["key"]));
  EXPECT_EQ(hkdf_sha256(unhex(code["adv_secret"]["ikm"]), {},
                        as_bytes(code["adv_secret"]["hkdf_info"].get<std::string>()), 32),
            unhex(code["adv_secret"]["value"]));
}

TEST(Pbkdf2Test, DerivesTheLinkCodeKeysOfTheVectors) {
  const auto vectors = load_vectors("pairing.json");
  const auto& code = vectors["pairing_code"];
  const auto text = code["code"].get<std::string>();
  const auto iterations = code["pbkdf2"]["iterations"].get<std::uint32_t>();
  for (const char* side : {"companion", "primary"}) {
    SCOPED_TRACE(side);
    EXPECT_EQ(pbkdf2_sha256(as_bytes(text), unhex(code[side]["salt"]), iterations, 32), unhex(code[side]["key"]));
  }
}

// RFC 7914, section 11.
TEST(Pbkdf2Test, GivesTheKeyOfThePublishedExample) {
  EXPECT_EQ(to_hex(pbkdf2_sha256(as_bytes("passwd"), as_bytes("salt"), 1, 64)),
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
            "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
}

TEST(Pbkdf2Test, RefusesNoIterationsAndNoLength) {
  EXPECT_THROW(pbkdf2_sha256(as_bytes("a"), as_bytes("b"), 0, 32), std::invalid_argument);
  EXPECT_THROW(pbkdf2_sha256(as_bytes("a"), as_bytes("b"), 1, 0), std::invalid_argument);
}

}  // namespace
}  // namespace linekeeper::crypto
