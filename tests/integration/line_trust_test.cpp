#include <gtest/gtest.h>

#include "line_sandbox.hpp"
#include "linekeeper/session/state_fields.hpp"

namespace linekeeper::test {
namespace {

/// Trusted-contact tokens: what lets a line write to people who shut strangers out.
class LineTrustTest : public LineSandboxTest {
 protected:
  /// What is stored about the tokens between the line and this person; empty if nothing.
  static Bytes tokens(const TestLine& line, const sandbox::Account& contact) {
    const auto it = line.host.state.find(transport::trust_field(contact.lid));
    return it == line.host.state.end() ? Bytes() : it->second;
  }
};

TEST_F(LineTrustTest, WhoeverWeWriteToIsTrustedOnce) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  ASSERT_EQ(line.send(friendly.pn, "hello").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return !tokens(line, friendly).empty(); }));
  ASSERT_TRUE(shop.trusts.contains(&friendly));
  const Bytes issued = shop.trusts[&friendly];
  ASSERT_EQ(line.send(friendly.pn, "hello again").outcome, SendOutcome::accepted);
  line.stop();
  EXPECT_EQ(shop.trusts[&friendly], issued) << "once a week is enough";
}

TEST_F(LineTrustTest, ARestrictedAccountIsReachedWithItsTokenAndNotWithout) {
  auto& shop = account("Shop");
  auto& recluse = account("Recluse");
  TestLine line(world);
  TestLine theirs(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  recluse.restricted = true;

  const auto refused = line.send(recluse.pn, "hello?");
  EXPECT_EQ(refused.outcome, SendOutcome::restricted) << name(refused.outcome);
  EXPECT_EQ(refused.code, 463);
  EXPECT_TRUE(recluse.phone->inbox().empty());
  // They hear at least that we would listen to them.
  ASSERT_TRUE(world.until([&] { return !tokens(line, recluse).empty(); }));
  EXPECT_TRUE(shop.trusts.contains(&recluse));
  const Bytes without_theirs = tokens(line, recluse);

  // They write first: from then on we hold their token.
  ASSERT_TRUE(theirs.pair_and_connect(recluse));
  ASSERT_EQ(theirs.send(shop.pn, "who is there?").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return tokens(line, recluse) != without_theirs; }));
  recluse.contacts.erase(&shop);
  const auto result = line.send(recluse.pn, "it is me");
  EXPECT_EQ(result.outcome, SendOutcome::accepted) << name(result.outcome) << result.code;
  EXPECT_EQ(recluse.phone->inbox().back().text, "it is me");
}

}  // namespace
}  // namespace linekeeper::test
