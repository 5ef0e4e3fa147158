#include <gtest/gtest.h>
#include <openssl/err.h>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/x25519.hpp"
#include "linekeeper/crypto/xeddsa.hpp"
#include "support/vectors.hpp"

namespace linekeeper::crypto {
namespace {

using test::Json;
using test::load_vectors;
using test::unhex;
using test::unhex_exactly;

TEST(X25519Test, GivesThePublicKeysOfTheVectors) {
  for (const char* file : {"noise.json", "pairing.json"}) {
    const auto vectors = load_vectors(file);
    for (const auto& [name, pair] : vectors["keys"].items()) {
      if (!pair.is_object()) continue;
      SCOPED_TRACE(file + (" " + name));
      const auto made = key_pair_from(unhex_exactly<32>(pair["private"]));
      EXPECT_EQ(to_hex(made.pub), pair["public"].get<std::string>());
      EXPECT_EQ(to_hex(made.priv.reveal()), pair["private"].get<std::string>());  // they are stored clamped
    }
  }
}

TEST(X25519Test, GivesTheAgreementsOfTheVectors) {
  const auto vectors = load_vectors("pairing.json");
  const auto& keys = vectors["keys"];
  const auto agreed = [&](const char* ours, const char* theirs) {
    return to_hex(
        agree(SecretKey32(unhex_exactly<32>(keys[ours]["private"])), unhex_exactly<32>(keys[theirs]["public"]))
            .value()
            .reveal());
  };
  EXPECT_EQ(agreed("companion_pairing_ephemeral", "primary_pairing_ephemeral"),
            vectors["pairing_code"]["ephemeral_shared"].get<std::string>());
  EXPECT_EQ(agreed("primary_pairing_ephemeral", "companion_pairing_ephemeral"),
            vectors["pairing_code"]["ephemeral_shared"].get<std::string>());
  EXPECT_EQ(agreed("companion_identity", "primary_identity_account_key"),
            vectors["pairing_code"]["identity_shared"].get<std::string>());
}

// RFC 7748, 5.2: an unclamped scalar, and a public key with its highest bit set.
TEST(X25519Test, ClampsAndMasksAsTheStandardSays) {
  const Key32 scalar = *exactly<32>(*from_hex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"));
  const Key32 point = *exactly<32>(*from_hex("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"));
  EXPECT_EQ(to_hex(agree(SecretKey32(scalar), point).value().reveal()),
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
  EXPECT_EQ(key_pair_from(scalar).priv.reveal()[31], 0x4d);
}

TEST(X25519Test, FreshPairsAgreeAndDiffer) {
  const auto a = generate_key_pair();
  const auto b = generate_key_pair();
  EXPECT_NE(a.pub, b.pub);
  EXPECT_EQ(agree(a.priv, b.pub).value(), agree(b.priv, a.pub).value());
  EXPECT_EQ(a.priv.reveal()[0] & 7, 0);
  EXPECT_EQ(a.priv.reveal()[31] & 0xc0, 0x40);
}

TEST(X25519Test, RefusesPublicKeysThatForceAKnownSecret) {
  const auto pair = generate_key_pair();
  for (const char* point : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000000",
                            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"}) {
    EXPECT_EQ(agree(pair.priv, *exactly<32>(*from_hex(point))).error(), Errc::decrypt_failed) << point;
  }
  EXPECT_EQ(ERR_peek_error(), 0U);
}

/// What the vectors say about one signature: who signed what, and the result with the given randomness.
void expect_signature(const Json& signer, ByteView message, const Json& nonce, const Json& signature) {
  const auto pair = key_pair_from(unhex_exactly<32>(signer["private"]));
  const auto made = xeddsa_sign(pair.priv, message, unhex_exactly<64>(nonce));
  EXPECT_EQ(to_hex(made), signature.get<std::string>());
  EXPECT_TRUE(xeddsa_verify(pair.pub, message, made));
}

TEST(XeddsaTest, SignsTheSignedPrekeyOfTheVectors) {
  const auto vectors = load_vectors("pairing.json");
  const auto& c = vectors["signed_prekey_signature"];
  const auto& signer = vectors["keys"][c["signer"].get<std::string>()];
  expect_signature(signer, unhex(c["message"]), c["Z"], c["signature_with_Z"]);
  EXPECT_TRUE(
      xeddsa_verify(unhex_exactly<32>(signer["public"]), unhex(c["message"]), unhex(c["signature_libsignal_js"])));
}

TEST(XeddsaTest, SignsTheDeviceIdentitiesOfTheVectors) {
  const auto vectors = load_vectors("pairing.json");
  std::size_t checked = 0;
  for (const auto& [name, c] : vectors["adv"].items()) {
    for (const auto& [step, signer] : {std::pair{"account_signature", "primary_identity_account_key"},
                                       std::pair{"device_signature", "companion_identity"}}) {
      if (!c.contains(step) || !c[step].contains("Z")) continue;
      if (name == "negative_bad_account_signature" && step == std::string("account_signature")) continue;
      SCOPED_TRACE(name + " " + step);
      const auto& s = c[step];
      expect_signature(vectors["keys"][signer], unhex(s["message"]), s["Z"], s["signature_with_Z"]);
      EXPECT_TRUE(xeddsa_verify(unhex_exactly<32>(vectors["keys"][signer]["public"]), unhex(s["message"]),
                                unhex(s["signature_libsignal_js"])));
      ++checked;
    }
  }
  EXPECT_GE(checked, 8U);
}

TEST(XeddsaTest, VerifiesTheSignedPrekeyOfTheMessagingVectors) {
  const auto vectors = load_vectors("messaging.json");
  const auto& prekeys = vectors["prekeys"];
  EXPECT_TRUE(xeddsa_verify(unhex_exactly<32>(prekeys["identity"]["public_raw"]),
                            unhex(prekeys["signed_prekey"]["signature_over"]),
                            unhex(prekeys["signed_prekey"]["signature"])));
}

TEST(XeddsaTest, FreshSignaturesDifferAndVerify) {
  for (int i = 0; i < 16; ++i) {  // both signs of the Edwards point occur
    const auto pair = generate_key_pair();
    const auto one = xeddsa_sign(pair.priv, as_bytes("message"));
    const auto two = xeddsa_sign(pair.priv, as_bytes("message"));
    EXPECT_NE(one, two);
    EXPECT_TRUE(xeddsa_verify(pair.pub, as_bytes("message"), one));
    EXPECT_TRUE(xeddsa_verify(pair.pub, as_bytes("message"), two));
  }
}

TEST(XeddsaTest, SignsNothingAtAll) {
  const auto pair = generate_key_pair();
  EXPECT_TRUE(xeddsa_verify(pair.pub, {}, xeddsa_sign(pair.priv, {})));
}

TEST(XeddsaTest, RefusesEveryFlippedBit) {
  const auto pair = generate_key_pair();
  const auto good = xeddsa_sign(pair.priv, as_bytes("message"));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(xeddsa_verify(pair.pub, as_bytes("message"), bad)) << "bit " << bit;
  }
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(XeddsaTest, RefusesAnotherMessageKeyOrLength) {
  const auto pair = generate_key_pair();
  const auto good = xeddsa_sign(pair.priv, as_bytes("message"));
  EXPECT_FALSE(xeddsa_verify(pair.pub, as_bytes("massage"), good));
  EXPECT_FALSE(xeddsa_verify(generate_key_pair().pub, as_bytes("message"), good));
  EXPECT_FALSE(xeddsa_verify(pair.pub, as_bytes("message"), ByteView(good).first(63)));
  EXPECT_FALSE(xeddsa_verify(pair.pub, as_bytes("message"), concat(good, Bytes{0})));
  EXPECT_FALSE(xeddsa_verify(pair.pub, as_bytes("message"), {}));
}

TEST(XeddsaTest, RefusesAKeyThatHasNoEdwardsPoint) {
  const auto minus_one = *exactly<32>(*from_hex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"));
  EXPECT_FALSE(xeddsa_verify(minus_one, as_bytes("message"), Bytes(64)));
  const auto twist = *exactly<32>(*from_hex("0200000000000000000000000000000000000000000000000000000000000000"));
  EXPECT_FALSE(xeddsa_verify(twist, as_bytes("message"), Bytes(64)));
}

}  // namespace
}  // namespace linekeeper::crypto
