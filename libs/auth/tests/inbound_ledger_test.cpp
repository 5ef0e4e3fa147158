#include "linekeeper/auth/inbound_ledger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linekeeper::auth {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> ids(const InboundLedger::Step& step) {
  std::vector<std::string> out;
  for (const PendingEvent& event : step.publish)
    out.push_back(event.id);
  return out;
}

TEST(InboundLedgerTest, AcknowledgesPublishesThenForgets) {
  InboundLedger ledger;
  auto step = ledger.on_committed({"a", ledger.next_order(), to_bytes("text")}, true);
  EXPECT_THAT(step.acknowledge, ElementsAre("a"));
  EXPECT_THAT(ids(step), IsEmpty()) << "not before the acknowledgement";
  step = ledger.on_acknowledged("a");
  EXPECT_THAT(ids(step), ElementsAre("a"));
  EXPECT_THAT(ledger.to_forget(), IsEmpty());
  EXPECT_EQ(ledger.unpublished(), 1u);
  ledger.on_published("a");
  EXPECT_THAT(ledger.to_forget(), ElementsAre("a"));
  ledger.on_forgotten({"a"});
  EXPECT_THAT(ledger.to_forget(), IsEmpty());
  EXPECT_EQ(ledger.unpublished(), 0u);
}

TEST(InboundLedgerTest, ARepeatedMessageIsAcknowledgedAndNotPublished) {
  InboundLedger ledger;
  const auto step = ledger.on_committed({"a", ledger.next_order(), {}}, false);
  EXPECT_THAT(step.acknowledge, ElementsAre("a"));
  EXPECT_THAT(ids(ledger.on_acknowledged("a")), IsEmpty());
}

TEST(InboundLedgerTest, TheNextHolderPublishesWhatItFindsBeforeAnythingNew) {
  InboundLedger ledger;
  const auto step = ledger.on_held({{"b", 5, {}}, {"a", 4, {}}});
  EXPECT_THAT(step.acknowledge, IsEmpty());
  EXPECT_THAT(ids(step), ElementsAre("a", "b"));
  EXPECT_EQ(ledger.next_order(), 6u);
}

TEST(InboundLedgerTest, AnEventNeverOvertakesAnEarlierOne) {
  InboundLedger ledger;
  ledger.on_committed({"a", ledger.next_order(), {}}, true);
  ledger.on_committed({"b", ledger.next_order(), {}}, true);
  EXPECT_THAT(ids(ledger.on_acknowledged("b")), IsEmpty());
  EXPECT_THAT(ids(ledger.on_acknowledged("a")), ElementsAre("a", "b"));
}

TEST(InboundDigestTest, TellsMessagesApart) {
  EXPECT_EQ(inbound_digest("s", "c", "f", "1").size(), 12u);
  EXPECT_NE(inbound_digest("s", "c", "f", "1"), inbound_digest("s", "c", "f", "2"));
  EXPECT_NE(inbound_digest("s", "cf", "", "1"), inbound_digest("s", "c", "f", "1"));
}

}  // namespace
}  // namespace linekeeper::auth
