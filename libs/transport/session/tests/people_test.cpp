#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ack_outcome.hpp"
#include "lid_map.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "recipients.hpp"

namespace linekeeper::transport {
namespace {

Jid jid(std::string_view text) {
  return *Jid::parse(text);
}

const message::OwnAddresses kOwn{*Jid::parse("49:2@s.whatsapp.net"), Jid::parse("900:2@lid")};

TEST(LidMapTest, KnowsItsOwnPairFromTheStart) {
  const LidMap people(kOwn);
  EXPECT_EQ(people.canonical(jid("49:5@s.whatsapp.net")), jid("900:5@lid"));
  EXPECT_TRUE(people.changes().empty());
}

TEST(LidMapTest, LearnsAPairInEitherOrderAndStoresItOnce) {
  LidMap people(kOwn);
  people.learn(jid("700:1@lid"), jid("15@s.whatsapp.net"));
  EXPECT_EQ(people.other(jid("15:3@s.whatsapp.net")), jid("700:3@lid"));
  EXPECT_EQ(people.phone(jid("700@lid")), "15");
  EXPECT_EQ(people.changes().size(), 2U);
  people.load({{lid_field("15"), to_bytes("700")}});
  EXPECT_TRUE(people.changes().empty());
}

TEST(LidMapTest, ANewHiddenIdReplacesTheStoredOne) {
  LidMap people(kOwn);
  people.learn(jid("15@s.whatsapp.net"), jid("701@lid"));
  people.load({{lid_field("15"), to_bytes("700")}});
  EXPECT_EQ(people.canonical(jid("15@s.whatsapp.net")), jid("701@lid"));
  ASSERT_EQ(people.changes().size(), 2U);
  EXPECT_EQ(people.changes().front().field, lid_field("15"));
}

TEST(LidMapTest, AsksOnlyForWhatIsWantedAndNotKnown) {
  LidMap people(kOwn);
  people.want(jid("49@s.whatsapp.net"));
  people.want(jid("15@s.whatsapp.net"));
  people.want(jid("700@lid"));
  people.want(jid("12345@g.us"));
  EXPECT_THAT(people.fields(), ::testing::UnorderedElementsAre(lid_field("15"), pn_field("700")));
  people.load({{pn_field("700"), to_bytes("16")}});
  EXPECT_EQ(people.phone(jid("700@lid")), "16");
  EXPECT_EQ(people.canonical(jid("15@s.whatsapp.net")), jid("15@s.whatsapp.net"));
}

TEST(LidMapTest, TwoNumbersAreNoPair) {
  LidMap people(kOwn);
  people.learn(jid("15@s.whatsapp.net"), jid("16@s.whatsapp.net"));
  people.learn(jid("1@lid"), jid("2@lid"));
  EXPECT_TRUE(people.changes().empty());
}

message::UsyncUser listed(const Jid& user, std::initializer_list<std::uint8_t> ids) {
  message::UsyncUser out;
  out.jid = user;
  message::DeviceList list;
  for (const auto id : ids)
    list.devices.push_back({id, id == 0 ? std::nullopt : std::optional<std::uint32_t>(1), false});
  out.devices = list;
  return out;
}

TEST(RecipientListsTest, AsksForWhatIsNotCachedAndAddressesByHiddenId) {
  LidMap people(kOwn);
  RecipientLists lists(kOwn, jid("15@s.whatsapp.net"), 1000, 3600);
  lists.load({}, people, false);
  EXPECT_THAT(lists.missing(), ::testing::ElementsAre(jid("15@s.whatsapp.net"), jid("49@s.whatsapp.net")));

  message::UsyncAnswer answer;
  answer.users.push_back(listed(jid("15@s.whatsapp.net"), {0, 3}));
  answer.users.back().lid = jid("700@lid");
  answer.users.push_back(listed(jid("49@s.whatsapp.net"), {0, 2, 4}));
  lists.answered(answer, people);
  EXPECT_TRUE(lists.missing().empty());
  const Recipients to = lists.result(people);
  EXPECT_EQ(to.chat, jid("700@lid"));
  EXPECT_EQ(to.chat_pn, jid("15@s.whatsapp.net"));
  EXPECT_THAT(to.theirs, ::testing::ElementsAre(jid("700@lid"), jid("700:3@lid")));
  EXPECT_THAT(to.ours, ::testing::ElementsAre(jid("900@lid"), jid("900:4@lid"))) << "not to the sending device";

  Fetched stored;
  for (const auto& change : lists.changes(people)) {
    if (change.value) stored[change.field] = *change.value;
  }
  EXPECT_TRUE(stored.contains(devices_field(jid("700@lid"))));
  RecipientLists again(kOwn, jid("15@s.whatsapp.net"), 2000, 3600);
  again.load(stored, people, false);
  EXPECT_TRUE(again.missing().empty());
  RecipientLists refreshed(kOwn, jid("15@s.whatsapp.net"), 2000, 3600);
  refreshed.load(stored, people, true);
  EXPECT_EQ(refreshed.missing().size(), 2U);
}

TEST(RecipientListsTest, WithoutHiddenIdItGoesToTheNumber) {
  LidMap people(kOwn);
  RecipientLists lists(kOwn, jid("15@s.whatsapp.net"), 1000, 3600);
  message::UsyncAnswer answer;
  answer.users.push_back(listed(jid("15@s.whatsapp.net"), {0}));
  answer.users.push_back(listed(jid("49@s.whatsapp.net"), {0, 2}));
  lists.answered(answer, people);
  const Recipients to = lists.result(people);
  EXPECT_EQ(to.chat, jid("15@s.whatsapp.net"));
  EXPECT_FALSE(to.chat_pn);
  EXPECT_THAT(to.ours, ::testing::ElementsAre(jid("49@s.whatsapp.net")));
}

TEST(RecipientListsTest, ANoteToSelfGoesToTheOtherOwnDevices) {
  LidMap people(kOwn);
  RecipientLists lists(kOwn, jid("900@lid"), 1000, 3600);
  EXPECT_THAT(lists.missing(), ::testing::ElementsAre(jid("49@s.whatsapp.net")));
  message::UsyncAnswer answer;
  answer.users.push_back(listed(jid("49@s.whatsapp.net"), {0, 2}));
  lists.answered(answer, people);
  const Recipients to = lists.result(people);
  EXPECT_TRUE(to.to_self);
  EXPECT_TRUE(to.theirs.empty());
  EXPECT_THAT(to.ours, ::testing::ElementsAre(jid("900@lid")));
}

TEST(AckOutcomeTest, EveryCodeHasItsOutcome) {
  EXPECT_EQ(outcome_of(400), SendOutcome::malformed);
  EXPECT_EQ(outcome_of(401), SendOutcome::refused);
  EXPECT_EQ(outcome_of(404), SendOutcome::refused);
  EXPECT_EQ(outcome_of(408), SendOutcome::server_trouble);
  EXPECT_EQ(outcome_of(429), SendOutcome::rate_limited);
  EXPECT_EQ(outcome_of(463), SendOutcome::restricted);
  EXPECT_EQ(outcome_of(475), SendOutcome::refused);
  EXPECT_EQ(outcome_of(479), SendOutcome::malformed);
  EXPECT_EQ(outcome_of(503), SendOutcome::server_trouble);
  EXPECT_TRUE(may_be_stale(400));
  EXPECT_FALSE(may_be_stale(463)) << "each retry counts against the account";
}

}  // namespace
}  // namespace linekeeper::transport
