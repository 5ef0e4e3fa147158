#include "linekeeper/auth/lease_table.hpp"

#include <gtest/gtest.h>

namespace linekeeper::auth {
namespace {

using namespace std::chrono_literals;
const MonotonicTime t0{};

LeaseTable table() {
  return LeaseTable(LeaseTable::Settings{});
}
RenewalResult renewed(std::string session, FencingToken token, bool yes = true) {
  return {std::move(session), token, yes, std::nullopt};
}

TEST(LeaseTableTest, ALeaseMayBeUsedUntilAMarginBeforeItsEndCountedFromBeforeItWasAsked) {
  LeaseTable leases = table();
  ASSERT_TRUE(leases.add("shop", 1, t0, t0 + 1s));
  EXPECT_TRUE(leases.valid("shop", t0 + 12s - 1ns));
  EXPECT_FALSE(leases.valid("shop", t0 + 12s));
  EXPECT_FALSE(leases.valid("cafe", t0));
}

TEST(LeaseTableTest, AnAcquisitionThatTookTooLongIsRefused) {
  LeaseTable leases = table();
  EXPECT_FALSE(leases.add("shop", 1, t0, t0 + 12s));
  EXPECT_EQ(leases.size(), 0u);
}

TEST(LeaseTableTest, RenewsABucketAtOnceAndOnceAtATime) {
  LeaseTable leases = table();
  leases.add("shop", 1, t0, t0);
  EXPECT_TRUE(leases.due(t0 + 2s).empty());
  const auto due = leases.due(t0 + 5s);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].leases[0].session, "shop");
  EXPECT_TRUE(leases.due(t0 + 6s).empty()) << "under way";
  leases.on_answer(due[0], {renewed("shop", 1)}, t0 + 6s);
  EXPECT_EQ(leases.valid_until("shop"), t0 + 5s + 12s) << "from when it was sent";
  EXPECT_TRUE(leases.due(t0 + 9s).empty());
  EXPECT_EQ(leases.due(t0 + 10s).size(), 1u);
}

TEST(LeaseTableTest, ARefusedRenewalIsALossAtOnce) {
  LeaseTable leases = table();
  leases.add("shop", 1, t0, t0);
  const auto due = leases.due(t0 + 5s);
  const auto outcome = leases.on_answer(due[0], {renewed("shop", 1, false)}, t0 + 5s);
  ASSERT_EQ(outcome.lost.size(), 1u);
  EXPECT_EQ(leases.size(), 0u);
  EXPECT_FALSE(leases.next());
}

TEST(LeaseTableTest, WithoutAnswersItTriesAgainAndGivesUpInTime) {
  LeaseTable leases = table();
  leases.add("shop", 1, t0, t0);
  auto due = leases.due(t0 + 5s);
  leases.on_failure(due[0], t0 + 7s);
  due = leases.due(t0 + 8s);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_TRUE(leases.give_up(t0 + 12s - 1ns).empty());
  EXPECT_EQ(leases.next(), t0 + 12s);
  EXPECT_EQ(leases.give_up(t0 + 12s).size(), 1u);
  const auto late = leases.on_answer(due[0], {renewed("shop", 1)}, t0 + 13s);
  EXPECT_TRUE(late.lost.empty());
  EXPECT_FALSE(leases.valid("shop", t0 + 13s)) << "given up stays given up";
}

TEST(LeaseTableTest, AnAnswerThatArrivesAfterTheEndIsALoss) {
  LeaseTable leases = table();
  leases.add("shop", 1, t0, t0);
  const auto due = leases.due(t0 + 5s);
  EXPECT_EQ(leases.on_answer(due[0], {renewed("shop", 1)}, t0 + 18s).lost.size(), 1u);
}

TEST(LeaseTableTest, AnswersAboutAnEarlierLeaseOfTheSameLineAreIgnored) {
  LeaseTable leases = table();
  leases.add("shop", 1, t0, t0);
  const auto due = leases.due(t0 + 5s);
  leases.remove("shop");
  leases.add("shop", 2, t0 + 6s, t0 + 6s);
  EXPECT_TRUE(leases.on_answer(due[0], {renewed("shop", 1, false)}, t0 + 7s).lost.empty());
  EXPECT_EQ(leases.token("shop"), 2u);
  EXPECT_EQ(leases.valid_until("shop"), t0 + 18s);
}

TEST(LeaseTableTest, TellsWhoWantsALine) {
  LeaseTable leases = table();
  leases.add("shop", 1, t0, t0);
  const auto due = leases.due(t0 + 5s);
  RenewalResult result = renewed("shop", 1);
  result.wanted = Wanted{"worker-b", 7};
  const auto outcome = leases.on_answer(due[0], {result}, t0 + 5s);
  ASSERT_EQ(outcome.wanted.size(), 1u);
  EXPECT_EQ(outcome.wanted[0].second.name, "worker-b");
}

TEST(LeaseTableTest, AtMostOneRenewalForEachBucketHoweverManyLines) {
  LeaseTable leases = table();
  for (int i = 0; i < 5000; ++i)
    leases.add("line-" + std::to_string(i), 1, t0, t0);
  const auto due = leases.due(t0 + 5s);
  EXPECT_LE(due.size(), 256u);
  std::size_t lines = 0;
  for (const auto& renewal : due)
    lines += renewal.leases.size();
  EXPECT_EQ(lines, 5000u);
}

}  // namespace
}  // namespace linekeeper::auth
