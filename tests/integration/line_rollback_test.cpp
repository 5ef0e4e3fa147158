#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "line_sandbox.hpp"
#include "linekeeper/pairing/credentials.hpp"
#include "linekeeper/session/state_fields.hpp"

namespace linekeeper::test {
namespace {

/// The stored state is an older one than the line has lived through.
class LineRollbackTest : public LineSandboxTest {
 protected:
  static transport::DeviceCredentials credentials(const TestLine& line) {
    return *transport::parse_credentials(line.host.state.at(std::string(transport::kCredentialsField)));
  }
  sandbox::Device& device(sandbox::Account& account, const TestLine& line) {
    return *account.device(line.host.paired_as->pn.device);
  }
  /// Runs with a state that went back, until connected.
  bool connect_rolled_back(TestLine& line) {
    const unsigned before = line.host.connected_times;
    transport::RunMode mode;
    mode.rolled_back = true;
    line.start(mode);
    return world.until([&] { return line.host.connected_times > before || line.ended(); }) && !line.ended();
  }
};

TEST_F(LineRollbackTest, EveryDeviceGetsItsNextMessageInAFreshSessionAndNoKeyIsUsedTwice) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine a(world);
  TestLine b(world);
  ASSERT_TRUE(acquaint(a, shop, b, friendly));

  const auto backup = a.host.state;
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(a.send(friendly.pn, "lost " + std::to_string(i)).outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return b.host.messages.size() == 4; }));
  a.stop();
  a.host.state = backup;
  a.restart();
  ASSERT_TRUE(connect_rolled_back(a));
  EXPECT_EQ(credentials(a).session_era, 1U);
  EXPECT_GT(credentials(a).next_prekey_id, 812U + 4096U);

  // Without fresh sessions these would be sealed under the keys of the lost ones and count as seen.
  const auto handed_out = device(friendly, b).counters.keys_handed_out;
  ASSERT_EQ(a.send(friendly.pn, "after").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return b.host.messages.size() == 5; }));
  EXPECT_EQ(texts(b).back(), "after");
  EXPECT_FALSE(b.host.messages.back().recovered);
  EXPECT_EQ(device(friendly, b).counters.keys_handed_out, handed_out + 1);
  EXPECT_EQ(device(friendly, b).counters.retries_asked, 0U);
  ASSERT_EQ(friendly.phone->inbox().back().text, "after");

  // Once is enough, over any number of runs.
  a.stop();
  a.restart();
  ASSERT_TRUE(a.connect());
  ASSERT_EQ(a.send(friendly.pn, "and on").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return b.host.messages.size() == 6; }));
  EXPECT_EQ(device(friendly, b).counters.keys_handed_out, handed_out + 1);
  EXPECT_EQ(credentials(a).session_era, 1U);

  // The other side's way is unharmed.
  ASSERT_EQ(b.send(shop.pn, "well received").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return a.host.messages.size() == 2; }));
}

TEST_F(LineRollbackTest, AMessageThatWasNotSentInTheOldSessionIsNotResentInItEither) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine a(world);
  TestLine b(world);
  ASSERT_TRUE(acquaint(a, shop, b, friendly));
  a.stop();
  a.restart();
  ASSERT_TRUE(connect_rolled_back(a));
  world.add_fault("corrupt-enc", {}, 1, friendly.number());
  ASSERT_EQ(a.send(friendly.pn, "damaged").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return b.host.messages.size() == 2; }));
  EXPECT_EQ(texts(b).back(), "damaged");
}

TEST_F(LineRollbackTest, PrekeysThatWereLostWithTheStateAreReplacedAtTheServer) {
  auto& shop = account("Shop");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  auto& keys = device(shop, line).keys;
  const auto before = keys.left();
  line.stop();
  // As if the upload had been the last thing that happened.
  std::erase_if(line.host.state, [](const auto& field) { return field.first.starts_with("pk/"); });
  line.restart();
  ASSERT_TRUE(connect_rolled_back(line));
  EXPECT_TRUE(world.until([&] { return keys.left() == before + world.settings.bounds.first_prekeys; }));
  EXPECT_TRUE(world.until([&] { return credentials(line).prekeys_uploaded; }));
}

TEST_F(LineRollbackTest, KeysThatAgreeAreLeftAlone) {
  auto& shop = account("Shop");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  const auto before = device(shop, line).keys.left();
  line.stop();
  line.restart();
  ASSERT_TRUE(connect_rolled_back(line));
  EXPECT_TRUE(world.until([&] { return credentials(line).prekeys_uploaded; }));
  EXPECT_EQ(device(shop, line).keys.left(), before);
}

}  // namespace
}  // namespace linekeeper::test
