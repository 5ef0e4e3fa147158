#include <gtest/gtest.h>

#include "world.hpp"

namespace linekeeper::sandbox {
namespace {

const std::string kAda = "491701111111";
const std::string kBob = "491702222222";

class RoutingTest : public testing::Test {
 protected:
  World world;
  std::unique_ptr<TestClient> ada = world.paired(kAda);
  std::unique_ptr<TestClient> bob = world.paired(kBob);
};

TEST_F(RoutingTest, AnAddressedDeviceGetsItsCopyAndTheAuthorAnAck) {
  ada->send_text(bob->pn().bare(), {bob->pn()}, "M1");
  const Node got = bob->expect("message", "enc");
  EXPECT_TRUE(got.attr_is("id", "M1"));
  EXPECT_EQ(got.jid("from"), ada->pn());
  EXPECT_EQ(got.jid("sender_lid"), ada->lid().bare());
  EXPECT_EQ(got.number("t"), 1'790'000'000U);
  EXPECT_EQ(got.child("participants"), nullptr);
  EXPECT_FALSE(got.has("offline"));
  EXPECT_FALSE(got.has("recipient"));

  const Node ack = ada->expect("ack");
  EXPECT_TRUE(ack.attr_is("class", "message"));
  EXPECT_TRUE(ack.attr_is("id", "M1"));
  EXPECT_EQ(ack.jid("from"), bob->pn().bare());
  EXPECT_TRUE(ack.has("t"));
  EXPECT_FALSE(ack.has("error"));
}

TEST_F(RoutingTest, AddressesAreSentAsAddresses) {
  ada->send_text(bob->pn().bare(), {bob->pn()}, "M1");
  const Node got = bob->expect("message");
  for (const char* key : {"from", "sender_lid"})
    EXPECT_TRUE(std::holds_alternative<Jid>(*got.find(key))) << key;
  EXPECT_TRUE(std::holds_alternative<std::string>(*got.find("id")));
}

TEST_F(RoutingTest, TheAuthorAppearsInTheNamespaceOfTheChat) {
  ada->send_text(bob->lid().bare(), {bob->lid()}, "M1");
  const Node got = bob->expect("message");
  EXPECT_EQ(got.jid("from"), ada->lid());
  EXPECT_EQ(got.jid("sender_pn"), ada->pn().bare());
}

TEST_F(RoutingTest, HiddenIdsInsideANumberChatReachTheSameDevices) {
  ada->send_text(bob->pn().bare(), {bob->lid()}, "M1");
  EXPECT_EQ(bob->expect("message").jid("from"), ada->pn());
}

TEST_F(RoutingTest, OwnOtherDevicesLearnWhichChatItWas) {
  const auto second = world.paired(kAda);
  ada->send_text(bob->lid().bare(), {bob->lid(), second->lid()}, "M1");
  const Node copy = second->expect("message");
  EXPECT_EQ(copy.jid("from"), ada->lid());
  EXPECT_EQ(copy.jid("recipient"), bob->lid().bare());
  EXPECT_EQ(copy.jid("peer_recipient_pn"), bob->pn().bare());
}

TEST_F(RoutingTest, AClientIsNotEchoed) {
  ada->send_text(ada->pn().bare(), {ada->pn()}, "M1");
  EXPECT_FALSE(ada->was_told("message"));
  EXPECT_TRUE(ada->was_told("ack"));
}

TEST_F(RoutingTest, ADeviceThatIsGoneIsSkippedAndCounted) {
  ada->send_text(bob->pn().bare(), {bob->pn(), bob->pn().with_device(9)}, "M1");
  EXPECT_TRUE(bob->was_told("message"));
  EXPECT_FALSE(ada->expect("ack").has("error"));
  EXPECT_EQ(ada->device().counters.messages_to_nobody, 1U);
}

TEST_F(RoutingTest, AThirdPersonsDeviceGetsNothing) {
  const auto eve = world.paired("491703333333");
  ada->send_text(bob->pn().bare(), {bob->pn(), eve->pn()}, "M1");
  EXPECT_FALSE(eve->was_told("message"));
}

TEST_F(RoutingTest, ImpossibleChatsAreRefusedInTheAck) {
  ada->send_text({"491709999999", Server::pn}, {{"491709999999", Server::pn}}, "M1");
  EXPECT_TRUE(ada->expect("ack").attr_is("error", "404"));
  ada->hears();
  ada->send_text({"120363000000000001", Server::group}, {}, "M2");
  EXPECT_TRUE(ada->expect("ack").attr_is("error", "404"));
  ada->hears();
  ada->say(Node("message").with("id", "M3").with("to", bob->pn().bare()));
  EXPECT_TRUE(ada->expect("ack").attr_is("error", "479"));
}

TEST_F(RoutingTest, AMessageWithoutIdIsCountedAndDropped) {
  ada->say(Node("message").with("to", bob->pn().bare()));
  EXPECT_TRUE(ada->heard().empty());
  EXPECT_EQ(world.core().counters.malformed, 1U);
}

TEST_F(RoutingTest, AResendGoesToOneDeviceWithItsAttributes) {
  ada->say(Node("message")
               .with("id", "M1")
               .with("to", bob->pn())
               .with("type", "text")
               .add(Node("enc").with("v", 2).with("type", "pkmsg").with("count", 1).holding(Bytes{1}))
               .add(Node("device-identity").holding(Bytes{2})));
  const Node got = bob->expect("message", "device-identity");
  EXPECT_TRUE(got.child("enc")->attr_is("count", "1"));
  EXPECT_EQ(ada->device().counters.messages_repeated, 0U);
}

TEST_F(RoutingTest, AnIdUsedTwiceIsCounted) {
  ada->send_text(bob->pn().bare(), {bob->pn()}, "M1");
  ada->send_text(bob->pn().bare(), {bob->pn()}, "M1");
  EXPECT_EQ(ada->device().counters.messages_repeated, 1U);
}

TEST_F(RoutingTest, SomebodyBlockedIsAcknowledgedAndNotDelivered) {
  bob->ask("set", "blocklist", {Node("item").with("action", "block").with("jid", ada->lid().bare())});
  bob->hears();
  ada->send_text(bob->pn().bare(), {bob->pn()}, "M1");
  EXPECT_FALSE(ada->expect("ack").has("error"));
  EXPECT_FALSE(bob->was_told("message"));
}

TEST_F(RoutingTest, TheAuthorsNameGoesAlong) {
  ada->say(Node("presence").with("type", "available").with("name", "Ada"));
  ada->send_text(bob->pn().bare(), {bob->pn()}, "M1");
  EXPECT_TRUE(bob->expect("message").attr_is("notify", "Ada"));
}

class AckFaultTest : public RoutingTest {
 protected:
  void order(std::map<std::string, std::string, std::less<>> parameters, const char* kind = "ack") {
    Fault fault;
    fault.kind = kind;
    fault.phone = kAda;
    fault.times = 1;
    fault.parameters = std::move(parameters);
    std::string why;
    ASSERT_TRUE(world.core().faults.add(fault, why)) << why;
  }
};

TEST_F(AckFaultTest, AnErrorCodeMeansNothingWasDelivered) {
  order({{"code", "463"}});
  ada->send_text(bob->pn().bare(), {bob->pn()}, "M1");
  EXPECT_TRUE(ada->expect("ack").attr_is("error", "463"));
  EXPECT_FALSE(bob->was_told("message"));
}

TEST_F(AckFaultTest, ALostAckIsOfADeliveredMessage) {
  order({{"lost", "on"}});
  ada->send_text(bob->pn().bare(), {bob->pn()}, "M1");
  EXPECT_FALSE(ada->was_told("ack"));
  EXPECT_TRUE(bob->was_told("message"));
}

TEST_F(AckFaultTest, ASlowAckComesInTheEnd) {
  order({{"delay-ms", "3000"}});
  ada->send_text(bob->pn().bare(), {bob->pn()}, "M1");
  world.pass(std::chrono::milliseconds(2999));
  EXPECT_FALSE(ada->was_told("ack"));
  world.pass(std::chrono::milliseconds(1));
  EXPECT_TRUE(ada->was_told("ack"));
}

TEST_F(AckFaultTest, ACutBeforeTheAckComesAfterTheDelivery) {
  order({}, "drop-before-ack");
  ada->send_text(bob->pn().bare(), {bob->pn()}, "M1");
  EXPECT_TRUE(bob->was_told("message"));
  EXPECT_FALSE(ada->was_told("ack"));
  EXPECT_TRUE(world.wire.dropped.contains(ada->connection));
}

TEST_F(AckFaultTest, ADuplicateAndADamagedMessageAreDelivered) {
  Fault twice;
  twice.kind = "duplicate";
  twice.times = 1;
  Fault damaged;
  damaged.kind = "corrupt-enc";
  damaged.times = 1;
  std::string why;
  ASSERT_TRUE(world.core().faults.add(damaged, why));
  ASSERT_TRUE(world.core().faults.add(twice, why));
  ada->send_text(bob->pn().bare(), {bob->pn()}, "M1");
  std::vector<Bytes> got;
  for (const Node& stanza : bob->heard())
    if (stanza.tag == "message") got.push_back(to_bytes(stanza.child("enc")->bytes()));
  EXPECT_EQ(got, (std::vector<Bytes>{{1, 2, 2}, {1, 2, 3}}));
}

}  // namespace
}  // namespace linekeeper::sandbox
