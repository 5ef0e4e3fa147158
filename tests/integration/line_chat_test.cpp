#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "line_sandbox.hpp"

namespace linekeeper::test {
namespace {

using namespace std::chrono_literals;
using transport::ReceiptKind;

class LineChatTest : public LineSandboxTest {};

TEST_F(LineChatTest, TwoLinesChatBothWays) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine a(world);
  TestLine b(world);
  ASSERT_TRUE(a.pair_and_connect(shop));
  ASSERT_TRUE(b.pair_and_connect(friendly));

  for (int i = 0; i < 5; ++i) {
    SCOPED_TRACE(i);
    const auto there = a.send(friendly.pn, "to friend " + std::to_string(i));
    ASSERT_EQ(there.outcome, SendOutcome::accepted) << name(there.outcome) << there.code;
    EXPECT_EQ(there.plan.chat, friendly.lid);
    EXPECT_EQ(there.plan.devices, 2U);
    const auto back = b.send(shop.pn, "to shop " + std::to_string(i));
    ASSERT_EQ(back.outcome, SendOutcome::accepted);
  }
  ASSERT_TRUE(world.until([&] { return a.host.messages.size() >= 5 && b.host.messages.size() >= 5; }));
  EXPECT_THAT(texts(a), ::testing::ElementsAre("to shop 0", "to shop 1", "to shop 2", "to shop 3", "to shop 4"));
  EXPECT_THAT(texts(b),
              ::testing::ElementsAre("to friend 0", "to friend 1", "to friend 2", "to friend 3", "to friend 4"));
  const auto& first = b.host.messages.front();
  EXPECT_EQ(first.chat, shop.lid);
  EXPECT_EQ(first.sender, shop.lid);
  EXPECT_EQ(first.sender_phone, shop.number());
  EXPECT_FALSE(first.from_me);
  EXPECT_EQ(first.content_type, "text");
  // The phone reads and the companion confirms; both speak of the same message.
  ASSERT_TRUE(world.until([&] { return a.host.receipts.size() >= 5; }));
  EXPECT_EQ(a.host.receipts.front().kind, ReceiptKind::delivered);
  EXPECT_EQ(a.host.overlapping, 0U);
  EXPECT_EQ(b.host.overlapping, 0U);
}

TEST_F(LineChatTest, AConversationUnderWayAsksTheStoreForNothing) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  ASSERT_EQ(line.send(friendly.pn, "first").outcome, SendOutcome::accepted);
  friendly.phone->send_text(world.core(), shop.pn, "answer");
  ASSERT_TRUE(world.until([&] { return line.host.messages.size() == 1; }));
  const auto* device = shop.device(line.host.paired_as->pn.device);
  ASSERT_TRUE(world.until([&] { return device->welcomed && device->queue.empty(); }));

  // Retry copies and requests lie in many fields, by message id: the same id twice makes sure of one that is known.
  const std::string id = "3EB0AAAAAAAAAAAAAAAAAA";
  ASSERT_EQ(line.send(friendly.pn, "second", id).outcome, SendOutcome::accepted);
  const auto fetches = line.host.fetches;
  ASSERT_EQ(line.send(friendly.pn, "second", id).outcome, SendOutcome::accepted);
  EXPECT_EQ(line.host.fetches, fetches);
}

TEST_F(LineChatTest, AnotherDeviceOfTheAccountHearsWhatWasSent) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine first(world);
  TestLine second(world);
  ASSERT_TRUE(first.pair_and_connect(shop));
  ASSERT_TRUE(second.pair_and_connect(shop));
  ASSERT_EQ(first.send(friendly.pn, "from the first").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return !second.host.messages.empty(); }));
  const auto& copy = second.host.messages.front();
  EXPECT_TRUE(copy.from_me);
  EXPECT_EQ(copy.chat, friendly.lid);
  EXPECT_EQ(copy.text.reveal(), "from the first");
}

TEST_F(LineChatTest, TextsFromAPhoneArriveAndItsReadingIsReported) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  ASSERT_EQ(line.send(friendly.pn, "are you there?").outcome, SendOutcome::accepted);
  ASSERT_EQ(friendly.phone->inbox().size(), 1U);
  EXPECT_EQ(friendly.phone->inbox().front().text, "are you there?");

  friendly.phone->read_all(world.core());
  ASSERT_TRUE(world.until([&] {
    return std::any_of(line.host.receipts.begin(), line.host.receipts.end(),
                       [](const auto& r) { return r.kind == ReceiptKind::read; });
  }));
  friendly.phone->send_text(world.core(), shop.pn, "yes");
  ASSERT_TRUE(world.until([&] { return !line.host.messages.empty(); }));
  EXPECT_EQ(texts(line).front(), "yes");
}

TEST_F(LineChatTest, TheOfflineQueueComesInOrderWithProgressBeforeConnected) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  line.stop();
  ASSERT_TRUE(world.until([&] { return world.core().lines.empty(); }));
  for (int i = 0; i < 30; ++i)
    friendly.phone->send_text(world.core(), shop.pn, "missed " + std::to_string(i));
  line.restart();
  ASSERT_TRUE(line.connect());
  ASSERT_EQ(line.host.messages.size(), 30U);
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(line.host.messages[i].text.reveal(), "missed " + std::to_string(i));
    EXPECT_TRUE(line.host.messages[i].offline);
  }
  EXPECT_GE(line.host.progress.back().done, 30U);
  // Everything was acknowledged: nothing comes again.
  ASSERT_TRUE(world.until([&] { return shop.device(line.host.paired_as->pn.device)->queue.empty(); }));
}

TEST_F(LineChatTest, AMessageDeliveredTwiceIsOneEvent) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  world.add_fault("duplicate", {});
  friendly.phone->send_text(world.core(), shop.pn, "once");
  friendly.phone->send_text(world.core(), shop.pn, "after");
  ASSERT_TRUE(world.until([&] { return line.host.messages.size() >= 2; }));
  EXPECT_THAT(texts(line), ::testing::ElementsAre("once", "after"));
  ASSERT_TRUE(world.until([&] { return shop.device(line.host.paired_as->pn.device)->queue.empty(); }));
}

TEST_F(LineChatTest, ADamagedMessageIsRecoveredByRetry) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine a(world);
  TestLine b(world);
  // From the answer on, the last byte is that of a MAC.
  ASSERT_TRUE(acquaint(a, shop, b, friendly));
  // What the phones send to their fresh companions is out of the way, so that the damage hits this message.
  ASSERT_TRUE(world.until([&] {
    const auto* device = friendly.device(b.host.paired_as->pn.device);
    return device->welcomed && device->queue.empty();
  }));
  world.add_fault("corrupt-enc", {}, 1, friendly.number());
  ASSERT_EQ(a.send(friendly.pn, "second").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return b.host.messages.size() == 2; }));
  EXPECT_EQ(texts(b)[1], "second");
  EXPECT_TRUE(b.host.messages[1].recovered);
  EXPECT_FALSE(a.ended());
  EXPECT_FALSE(b.ended());
}

TEST_F(LineChatTest, ADeletedSessionIsRecoveredByRetryInBothDirections) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine a(world);
  TestLine b(world);
  ASSERT_TRUE(acquaint(a, shop, b, friendly));

  b.stop();
  std::erase_if(b.host.state, [](const auto& field) { return field.first.starts_with("sess/"); });
  b.restart();
  ASSERT_TRUE(b.connect());
  ASSERT_EQ(a.send(friendly.pn, "still there?").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return b.host.messages.size() == 2; }));
  EXPECT_EQ(texts(b)[1], "still there?");
  ASSERT_EQ(b.send(shop.pn, "always").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return a.host.messages.size() == 2; }));
  EXPECT_EQ(texts(a)[1], "always");
}

TEST_F(LineChatTest, AnUnknownNumberIsNotOnWhatsApp) {
  auto& shop = account("Shop");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  const auto result = line.send(*transport::Jid::parse("4915799999999@s.whatsapp.net"), "anyone?");
  EXPECT_EQ(result.outcome, SendOutcome::recipient_unknown);
  EXPECT_FALSE(result.committed);
}

TEST_F(LineChatTest, ErrorsInAcksHaveNames) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  const std::vector<std::pair<std::string, SendOutcome>> codes{{"403", SendOutcome::refused},
                                                               {"429", SendOutcome::rate_limited},
                                                               {"463", SendOutcome::restricted},
                                                               {"475", SendOutcome::refused},
                                                               {"503", SendOutcome::server_trouble}};
  for (const auto& [code, outcome] : codes) {
    SCOPED_TRACE(code);
    world.add_fault("ack", {{"code", code}});
    const auto result = line.send(friendly.pn, "try " + code);
    EXPECT_EQ(result.outcome, outcome) << name(result.outcome);
    EXPECT_EQ(std::to_string(result.code), code);
    EXPECT_TRUE(result.committed);
  }
  world.add_fault("ack", {{"code", "400"}});
  EXPECT_EQ(line.send(friendly.pn, "stale lists are asked for again").outcome, SendOutcome::accepted);
}

TEST_F(LineChatTest, ASendWhoseConnectionEndsIsUnconfirmedAndGoesOutOnceMoreUnderTheSameId) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine a(world);
  TestLine b(world);
  ASSERT_TRUE(a.pair_and_connect(shop));
  ASSERT_TRUE(b.pair_and_connect(friendly));
  world.add_fault("drop-before-ack", {});
  const auto lost = a.send(friendly.pn, "exactly once", "3EB0AAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(lost.outcome, SendOutcome::unconfirmed);
  EXPECT_TRUE(lost.committed);
  ASSERT_TRUE(world.until([&] { return a.ended(); }));
  EXPECT_EQ(a.end->reason, EndReason::network);
  a.restart();
  ASSERT_TRUE(a.connect());
  EXPECT_EQ(a.send(friendly.pn, "exactly once", "3EB0AAAAAAAAAAAAAAAAAA").outcome, SendOutcome::accepted);
  EXPECT_EQ(a.send(friendly.pn, "next").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return b.host.messages.size() >= 2; }));
  EXPECT_THAT(texts(b), ::testing::ElementsAre("exactly once", "next"));
  EXPECT_EQ(b.host.repeated, 1U);
}

}  // namespace
}  // namespace linekeeper::test
