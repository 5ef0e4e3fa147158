#include "linekeeper/auth/number_claim.hpp"
#include "store_fixture.hpp"

namespace linekeeper::auth {
namespace {

using NumberClaimTest = StoreTest;

TEST_F(NumberClaimTest, OneNumberBelongsToOneSession) {
  NumberClaims claims(*connection, SecretKey32());
  const Claim shop{"shop", 7};
  const Claim cafe{"cafe", 9};
  EXPECT_FALSE(run(claims.read("49123"))->has_value());
  EXPECT_EQ(*run(claims.claim("49123", shop, std::nullopt)), shop);
  EXPECT_EQ(*run(claims.claim("49123", cafe, std::nullopt)), shop) << "refused";
  EXPECT_EQ(*run(claims.claim("49123", cafe, Claim{"shop", 6})), shop) << "it moved on since it was read";
  EXPECT_EQ(*run(claims.claim("49123", Claim{"shop", 8}, std::nullopt)), (Claim{"shop", 8})) << "its own, anew";
  EXPECT_EQ(*run(claims.claim("49123", cafe, Claim{"shop", 8})), cafe) << "taken over";
  EXPECT_FALSE(*run(claims.release("49123", shop)));
  EXPECT_TRUE(*run(claims.release("49123", cafe)));
  EXPECT_FALSE(run(claims.read("49123"))->has_value());
  run(claims.claim("49123", shop, std::nullopt));
  EXPECT_EQ(server.run({"KEYS", "*49123*"}), "");
}

TEST_F(NumberClaimTest, ASessionThatForgetsItsNumberFreesItUnderWhateverLeaseItClaimed) {
  NumberClaims claims(*connection, SecretKey32());
  ASSERT_TRUE(run(claims.claim("49123", {"shop", 7}, std::nullopt)));
  const std::string tag = number_tag(SecretKey32(), "49123");
  EXPECT_FALSE(*run(claims.release_all(tag, "cafe"))) << "another's";
  EXPECT_TRUE(run(claims.read("49123"))->has_value());
  EXPECT_TRUE(*run(claims.release_all(tag, "shop")));
  EXPECT_FALSE(run(claims.read("49123"))->has_value());
  EXPECT_FALSE(*run(claims.release_all(tag, "shop"))) << "nobody's any more";
}

TEST_F(NumberClaimTest, SeesTheTokenOfALiveLease) {
  NumberClaims claims(*connection, SecretKey32());
  EXPECT_EQ(*run(claims.lease_token("shop")), 0u);
  const FencingToken token = acquire("shop").token;
  EXPECT_EQ(*run(claims.lease_token("shop")), token);
}

TEST(ClaimTest, HoldsWhileTheNumberIsStoredOrTheLeaseLives) {
  const Claim claim{"shop", 7};
  EXPECT_TRUE(claim_holds(claim, "49123", "49123", 0));
  EXPECT_TRUE(claim_holds(claim, "49123", std::nullopt, 7));
  EXPECT_FALSE(claim_holds(claim, "49123", "49999", 8));
  EXPECT_FALSE(claim_holds(claim, "49123", std::nullopt, 0));
}

}  // namespace
}  // namespace linekeeper::auth
