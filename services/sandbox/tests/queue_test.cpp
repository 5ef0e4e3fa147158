#include <gtest/gtest.h>

#include "pairing_desk.hpp"
#include "phone.hpp"
#include "world.hpp"

namespace linekeeper::sandbox {
namespace {

const std::string kAda = "491701111111";
const std::string kBob = "491702222222";

Node message(const char* id, const Jid& from) {
  return Node("message").with("id", id).with("from", from);
}

const Jid kOne{"1001", Server::pn, 1};
const Jid kTwo{"1002", Server::pn, 1};

TEST(OfflineQueueTest, KeepsOrderAndCountsKinds) {
  OfflineQueue queue;
  queue.push(message("A", kOne));
  queue.push(Node("receipt").with("id", "B"));
  queue.push(Node("notification").with("id", "C"));
  EXPECT_EQ(queue.items().front().stanza.attr("id"), "A");
  EXPECT_EQ(queue.items().back().stanza.attr("id"), "C");
  EXPECT_EQ(queue.counts().message, 1U);
  EXPECT_EQ(queue.counts().receipt, 1U);
  EXPECT_EQ(queue.counts().notification, 1U);
}

TEST(OfflineQueueTest, AConfirmationRemovesTheItemThatFitsBest) {
  OfflineQueue queue;
  queue.push(message("A", kOne));
  queue.push(message("A", kTwo));
  EXPECT_EQ(queue.confirm("message", "A", kTwo, std::nullopt), 1U);
  EXPECT_EQ(queue.items().front().stanza.jid("from"), kOne);
}

TEST(OfflineQueueTest, AnAnswerToTheBareUserIsGoodEnough) {
  OfflineQueue queue;
  queue.push(message("A", kOne));
  EXPECT_EQ(queue.confirm("message", "A", kOne.bare(), std::nullopt), 1U);
}

TEST(OfflineQueueTest, ReceiptsOfOneIdDifferByTheirType) {
  OfflineQueue queue;
  queue.push(Node("receipt").with("id", "A").with("from", kOne));
  queue.push(Node("receipt").with("id", "A").with("from", kOne).with("type", "read"));
  EXPECT_EQ(queue.confirm("receipt", "A", kOne, std::nullopt), 1U);
  EXPECT_TRUE(queue.items().front().stanza.attr_is("type", "read"));
}

TEST(OfflineQueueTest, OtherTagsAndIdsStay) {
  OfflineQueue queue;
  queue.push(message("A", kOne));
  EXPECT_EQ(queue.confirm("notification", "A", kOne, std::nullopt), 0U);
  EXPECT_EQ(queue.confirm("message", "B", kOne, std::nullopt), 0U);
  EXPECT_EQ(queue.size(), 1U);
}

TEST(OfflineQueueTest, BeyondItsLimitTheOldestGoes) {
  OfflineQueue queue(2);
  for (const char* id : {"A", "B", "C"})
    queue.push(message(id, kOne));
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.items().front().stanza.attr("id"), "B");
  EXPECT_EQ(queue.overflowed(), 1U);
  EXPECT_EQ(queue.confirm("message", "A", kOne, std::nullopt), 0U);
}

class DrainTest : public testing::Test {
 protected:
  /// Bob logs in again and says `active`.
  void come_back() {
    bob->connect();
    bob->activate();
  }
  std::vector<std::string> messages() const {
    std::vector<std::string> ids;
    for (const Node& stanza : bob->heard())
      if (stanza.tag == "message") ids.push_back(*stanza.attr("id"));
    return ids;
  }

  World world;
  std::unique_ptr<TestClient> ada = world.paired(kAda);
  std::unique_ptr<TestClient> bob = world.paired(kBob);
};

TEST_F(DrainTest, NothingComesBeforeActive) {
  bob->disconnect();
  ada->send_text(bob->pn().bare(), {bob->pn()}, "M1");
  bob->connect();
  EXPECT_TRUE(messages().empty());
  ada->send_text(bob->pn().bare(), {bob->pn()}, "M2");
  EXPECT_TRUE(messages().empty());
  bob->activate();
  EXPECT_EQ(messages(), (std::vector<std::string>{"M1", "M2"}));
}

TEST_F(DrainTest, ADeviceThatNeverLoggedInHasAQueueAlready) {
  const auto fresh = world.client();
  fresh->connect();
  ASSERT_EQ(scan_qr(world.core(), fresh->qr(), &bob->account()).error, LinkError::none);
  fresh->countersign();
  // Between the end of its pairing and its first login: a stranger, and its own phone.
  ada->send_text(fresh->pn().bare(), {fresh->pn().bare(), bob->pn(), fresh->pn()}, "M1");
  const std::string own = bob->account().phone->send_text(world.core(), ada->pn().bare(), "from the phone");
  EXPECT_FALSE(fresh->was_told("message"));
  fresh->disconnect();
  fresh->connect();
  fresh->upload_keys(5);
  fresh->activate();
  std::vector<std::string> queued;
  for (const Node& stanza : fresh->heard())
    if (stanza.tag == "message" && stanza.has("offline")) queued.push_back(*stanza.attr("id"));
  EXPECT_EQ(queued, (std::vector<std::string>{"M1", own}));
}

TEST_F(DrainTest, AListWithoutTheNewDeviceIsToldByAHash) {
  const auto fresh = world.client();
  fresh->connect();
  ASSERT_EQ(scan_qr(world.core(), fresh->qr(), &bob->account()).error, LinkError::none);
  fresh->countersign();
  ada->hears();
  const Jid chat = bob->pn().bare();
  ada->send_text(chat, {chat, bob->pn(), ada->pn().bare()}, "M1");
  EXPECT_TRUE(ada->expect("ack").has("phash")) << "only whoever wrote it can write it again";
  EXPECT_EQ(fresh->device().queue.counts().message, 0U);
}

TEST_F(DrainTest, PreviewThenQueueThenEnd) {
  bob->disconnect();
  for (const char* id : {"M1", "M2", "M3"})
    ada->send_text(bob->pn().bare(), {bob->pn()}, id);
  come_back();
  std::vector<std::string> order;
  for (const Node& stanza : bob->heard()) {
    if (stanza.tag == "ib") order.push_back(stanza.first_child()->tag);
    if (stanza.tag == "message") {
      order.push_back(*stanza.attr("id"));
      EXPECT_TRUE(stanza.has("offline"));
    }
  }
  EXPECT_EQ(order, (std::vector<std::string>{"offline_preview", "M1", "M2", "M3", "offline"}));
  EXPECT_TRUE(bob->expect("ib", "offline_preview").child("offline_preview")->attr_is("message", "3"));
  EXPECT_TRUE(bob->expect("ib", "offline").child("offline")->attr_is("count", "3"));
}

TEST_F(DrainTest, AnEmptyQueueAlsoHasAnEnd) {
  bob->disconnect();
  come_back();
  EXPECT_TRUE(bob->expect("ib", "offline").child("offline")->attr_is("count", "0"));
}

TEST_F(DrainTest, WhatWasNotConfirmedComesAgain) {
  ada->send_text(bob->pn().bare(), {bob->pn()}, "M1");
  ada->send_text(bob->pn().bare(), {bob->pn()}, "M2");
  bob->say(Node("receipt").with("id", "M1").with("to", ada->pn()));
  bob->disconnect();
  come_back();
  EXPECT_EQ(messages(), std::vector<std::string>{"M2"});
  EXPECT_EQ(bob->device().counters.redelivered, 1U);
  bob->say(Node("ack").with("class", "message").with("id", "M2").with("to", ada->pn()));
  bob->disconnect();
  come_back();
  EXPECT_TRUE(messages().empty());
}

TEST_F(DrainTest, EachDeviceHasAQueueOfItsOwn) {
  const auto second = world.paired(kBob);
  bob->disconnect();
  ada->send_text(bob->pn().bare(), {bob->pn(), second->pn()}, "M1");
  EXPECT_TRUE(second->was_told("message"));
  second->say(Node("receipt").with("id", "M1").with("to", ada->pn()));
  come_back();
  EXPECT_EQ(messages(), std::vector<std::string>{"M1"});
}

TEST_F(DrainTest, TheEndCanBeHeldBack) {
  bob->disconnect();
  Fault fault;
  fault.kind = "offline";
  fault.times = 1;
  fault.parameters["hold"] = "on";
  std::string why;
  ASSERT_TRUE(world.core().faults.add(fault, why)) << why;
  bob->connect();
  bob->activate();
  EXPECT_TRUE(bob->was_told("ib", "offline_preview"));
  EXPECT_FALSE(bob->was_told("ib", "offline"));
}

}  // namespace
}  // namespace linekeeper::sandbox
