#include <gtest/gtest.h>

#include "world.hpp"

namespace linekeeper::sandbox {
namespace {

const std::string kAda = "491701111111";
const std::string kBob = "491702222222";

class ReceiptsTest : public testing::Test {
 protected:
  void SetUp() override {
    ada->send_text(bob->pn().bare(), {bob->pn()}, "M1");
    ada->hears();
    second->hears();
  }

  Node receipt(const char* type = nullptr) const {
    Node out("receipt");
    out.with("id", "M1").with("to", ada->pn());
    if (type != nullptr) out.with("type", type);
    return out;
  }

  World world;
  std::unique_ptr<TestClient> ada = world.paired(kAda);
  std::unique_ptr<TestClient> second = world.paired(kAda);
  std::unique_ptr<TestClient> bob = world.paired(kBob);
};

TEST_F(ReceiptsTest, DeliveredReachesAllDevicesOfTheAuthor) {
  bob->say(receipt());
  for (TestClient* device : {ada.get(), second.get()}) {
    const Node got = device->expect("receipt");
    EXPECT_EQ(got.jid("from"), bob->pn());
    EXPECT_TRUE(got.attr_is("id", "M1"));
    EXPECT_FALSE(got.has("type"));
    EXPECT_TRUE(got.has("t"));
  }
}

TEST_F(ReceiptsTest, InactiveArrivesAsDelivered) {
  bob->say(receipt("inactive"));
  EXPECT_FALSE(ada->expect("receipt").has("type"));
}

TEST_F(ReceiptsTest, ReadKeepsItsTypeAndItsList) {
  bob->say(receipt("read").add(Node("list").add(Node("item").with("id", "M2"))));
  const Node got = ada->expect("receipt", "list");
  EXPECT_TRUE(got.attr_is("type", "read"));
  EXPECT_EQ(got.child("list")->children().size(), 1U);
}

TEST_F(ReceiptsTest, TheReaderAppearsInTheNamespaceItUsed) {
  Node out("receipt");
  out.with("id", "M1").with("to", ada->lid());
  bob->say(out);
  EXPECT_EQ(ada->expect("receipt").jid("from"), bob->lid());
}

TEST_F(ReceiptsTest, AReceiptIsAcknowledgedWithItsTypeOrWithout) {
  bob->say(receipt());
  const Node ack = bob->expect("ack");
  EXPECT_TRUE(ack.attr_is("class", "receipt"));
  EXPECT_FALSE(ack.has("type"));
  bob->hears();
  bob->say(receipt("read"));
  EXPECT_TRUE(bob->expect("ack").attr_is("type", "read"));
}

TEST_F(ReceiptsTest, AReceiptConfirmsTheMessage) {
  EXPECT_EQ(bob->device().queue.counts().message, 1U);
  bob->say(receipt());
  EXPECT_EQ(bob->device().queue.counts().message, 0U);
}

TEST_F(ReceiptsTest, ARetryReachesOnlyTheAuthoringDeviceByteForByte) {
  const Node retry = Node("retry").with("id", "M1").with("count", 1).with("t", 5).with("v", 1);
  bob->say(receipt("retry").add(retry).add(Node("registration").holding(Bytes{0, 0, 0, 9})));
  const Node got = ada->expect("receipt", "registration");
  EXPECT_TRUE(got.attr_is("type", "retry"));
  EXPECT_EQ(got.jid("from"), bob->pn());
  EXPECT_EQ(*got.child("retry"), retry);
  EXPECT_FALSE(second->was_told("receipt"));
  EXPECT_EQ(bob->device().counters.retries_asked, 1U);
}

TEST_F(ReceiptsTest, ARetryToTheBareUserFindsTheDeviceByTheMessage) {
  Node out("receipt");
  out.with("id", "M1").with("to", ada->pn().bare()).with("type", "retry").add(Node("retry").with("count", 1));
  bob->say(out);
  EXPECT_TRUE(ada->was_told("receipt", "retry"));
  EXPECT_FALSE(second->was_told("receipt"));
}

TEST_F(ReceiptsTest, ReadSelfReachesTheReadersOtherDevicesOnly) {
  const auto other = world.paired(kBob);
  bob->say(receipt("read-self"));
  EXPECT_EQ(other->expect("receipt").jid("recipient"), ada->pn().bare());
  EXPECT_FALSE(ada->was_told("receipt"));
}

TEST_F(ReceiptsTest, WhatIsMeantForThePhoneStaysThere) {
  for (const char* type : {"peer_msg", "hist_sync"}) {
    Node out("receipt");
    out.with("id", "P1").with("to", bob->pn().bare()).with("type", type);
    bob->say(out);
  }
  EXPECT_FALSE(ada->was_told("receipt"));
}

TEST_F(ReceiptsTest, AReceiptWithoutIdIsCountedAndDropped) {
  bob->say(Node("receipt").with("to", ada->pn()));
  EXPECT_EQ(world.core().counters.malformed, 1U);
}

}  // namespace
}  // namespace linekeeper::sandbox
