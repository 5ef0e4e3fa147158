#include <gtest/gtest.h>

#include "line_sandbox.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "notices.hpp"

namespace linekeeper::test {
namespace {

using transport::devices_field;

/// Who a message goes to when the lists of devices are not what they were.
class LineDevicesTest : public LineSandboxTest {
 protected:
  /// What the server sent to a device and is not confirmed yet, or was.
  static std::size_t copies(const TestLine& line, const std::string& text) {
    std::size_t n = 0;
    for (const auto& message : line.host.messages)
      n += message.text.reveal() == text ? 1 : 0;
    return n;
  }
};

TEST_F(LineDevicesTest, ADeviceThatWasLeftOutGetsTheSameMessageAndNobodyGetsItTwice) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine sender(world);
  TestLine known(world);
  TestLine own(world);
  ASSERT_TRUE(sender.pair_and_connect(shop));
  ASSERT_TRUE(known.pair_and_connect(friendly));
  ASSERT_EQ(sender.send(friendly.pn, "first").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return copies(known, "first") == 1; }));

  // Two devices are linked while the sender's lists stay as they were: it missed both notices.
  const auto theirs = sender.host.state.at(devices_field(friendly.lid));
  const auto ours = sender.host.state.at(devices_field(shop.pn));
  TestLine added(world);
  ASSERT_TRUE(added.pair_and_connect(friendly));
  ASSERT_TRUE(own.pair_and_connect(shop));
  ASSERT_TRUE(world.until([&] { return sender.host.state[devices_field(shop.pn)] != ours; }));
  sender.stop();
  sender.host.state[devices_field(friendly.lid)] = theirs;
  sender.host.state[devices_field(shop.pn)] = ours;
  sender.restart();
  ASSERT_TRUE(sender.connect());

  const auto result = sender.send(friendly.pn, "for all of you");
  EXPECT_EQ(result.outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return copies(added, "for all of you") == 1 && copies(own, "for all of you") == 1; }));
  EXPECT_EQ(copies(known, "for all of you"), 1U);
  EXPECT_EQ(known.host.repeated, 0U);
  EXPECT_EQ(shop.device(sender.host.paired_as->pn.device)->counters.messages_to_nobody, 0U);
  const auto& copy = added.host.messages.back();
  EXPECT_EQ(copy.id, known.host.messages.back().id);
  EXPECT_TRUE(own.host.messages.back().from_me);

  // From now on they belong to it, in one stanza.
  const auto sent = shop.device(sender.host.paired_as->pn.device)->counters.messages_sent;
  ASSERT_EQ(sender.send(friendly.pn, "again").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return copies(added, "again") == 1 && copies(own, "again") == 1; }));
  EXPECT_EQ(shop.device(sender.host.paired_as->pn.device)->counters.messages_sent, sent + 1);
}

TEST_F(LineDevicesTest, AForeignHashThatNamesNobodyNewCostsOneQuestion) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine sender(world);
  ASSERT_TRUE(sender.pair_and_connect(shop));
  ASSERT_EQ(sender.send(friendly.pn, "first").outcome, SendOutcome::accepted);
  const auto& counters = shop.device(sender.host.paired_as->pn.device)->counters;
  world.add_fault("ack", {{"phash", "2:AAAAAAAA"}});
  ASSERT_EQ(sender.send(friendly.pn, "second").outcome, SendOutcome::accepted);
  EXPECT_EQ(counters.messages_sent, 2U);
  EXPECT_EQ(friendly.phone->inbox().size(), 2U);
  EXPECT_TRUE(sender.host.state.contains(devices_field(friendly.lid))) << "the fresh lists are kept";
  EXPECT_EQ(sender.send(friendly.pn, "third").outcome, SendOutcome::accepted);
}

}  // namespace
}  // namespace linekeeper::test
