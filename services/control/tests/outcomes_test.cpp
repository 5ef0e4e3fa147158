#include "board/outcomes.hpp"

#include <gtest/gtest.h>

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;

const Outcomes::Time kStart{};

Outcome ended(v1::CommandOutcome how) {
  Outcome outcome;
  outcome.how = how;
  return outcome;
}

TEST(OutcomesTest, TellsEveryWaiterOnceAndRemembers) {
  Outcomes outcomes;
  int told = 0;
  outcomes.await({"shop", "c1"}, [&](const Outcome& outcome) { told += outcome.done() ? 1 : 100; });
  outcomes.await({"shop", "c1"}, [&](const Outcome&) { ++told; });
  outcomes.await({"shop", "c2"}, [&](const Outcome&) { told += 1000; });
  EXPECT_TRUE(outcomes.awaited({"shop", "c1"}));
  outcomes.take({"shop", "c1"}, ended(v1::COMMAND_OUTCOME_DONE), kStart);
  outcomes.take({"shop", "c1"}, ended(v1::COMMAND_OUTCOME_DONE), kStart);
  EXPECT_EQ(told, 2);
  EXPECT_FALSE(outcomes.awaited({"shop", "c1"}));
  ASSERT_NE(outcomes.find({"shop", "c1"}), nullptr);
  EXPECT_EQ(outcomes.find({"kiosk", "c1"}), nullptr);
}

TEST(OutcomesTest, WhoGaveUpIsNotTold) {
  Outcomes outcomes;
  bool told = false;
  const auto waiter = outcomes.await({"shop", "c1"}, [&](const Outcome&) { told = true; });
  outcomes.forget({"shop", "c1"}, waiter);
  outcomes.take({"shop", "c1"}, ended(v1::COMMAND_OUTCOME_DONE), kStart);
  EXPECT_FALSE(told);
}

TEST(OutcomesTest, TheFirstEndOfACommandStands) {
  Outcomes outcomes;
  outcomes.take({"shop", "c1"}, ended(v1::COMMAND_OUTCOME_DONE), kStart);
  outcomes.take({"shop", "c1"}, ended(v1::COMMAND_OUTCOME_FAILED), kStart);
  EXPECT_TRUE(outcomes.find({"shop", "c1"})->done());
}

TEST(OutcomesTest, ForgetsTheOldestByNumberAndByAge) {
  Outcomes outcomes(Outcomes::Limits{2, 60min});
  for (const char* id : {"c1", "c2", "c3"})
    outcomes.take({"shop", id}, ended(v1::COMMAND_OUTCOME_DONE), kStart);
  EXPECT_EQ(outcomes.find({"shop", "c1"}), nullptr);
  EXPECT_NE(outcomes.find({"shop", "c3"}), nullptr);
  outcomes.take({"shop", "c4"}, ended(v1::COMMAND_OUTCOME_DONE), kStart + 61min);
  EXPECT_EQ(outcomes.find({"shop", "c3"}), nullptr);
}

TEST(OutcomesTest, OnlyEndingsEndACommand) {
  v1::OutboundUpdate update;
  update.set_command_id("c1");
  update.set_state(v1::OUTBOUND_STATE_READ);
  EXPECT_EQ(outcome_of(update).how, v1::COMMAND_OUTCOME_UNSPECIFIED);
  update.set_state(v1::OUTBOUND_STATE_UNKNOWN);
  EXPECT_EQ(outcome_of(update).how, v1::COMMAND_OUTCOME_UNKNOWN);
  update.clear_command_id();
  EXPECT_EQ(outcome_of(update).how, v1::COMMAND_OUTCOME_UNSPECIFIED);

  v1::ConnectionEvent event;
  event.set_command_id("c1");
  EXPECT_EQ(outcome_of(event).how, v1::COMMAND_OUTCOME_UNSPECIFIED);
  event.set_outcome(v1::COMMAND_OUTCOME_SUPERSEDED);
  event.mutable_qr()->set_text("secret");
  EXPECT_EQ(outcome_of(event).how, v1::COMMAND_OUTCOME_SUPERSEDED);
  EXPECT_FALSE(outcome_of(event).event.has_qr());
}

}  // namespace
}  // namespace linekeeper::control
