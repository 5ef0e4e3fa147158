#include "line/line_place.hpp"

#include <gtest/gtest.h>

namespace linekeeper::worker {
namespace {

using namespace std::chrono_literals;
using Step = LinePlace::Step;

const LinePlace::Time t0{};

class LinePlaceTest : public testing::Test {
 protected:
  void hold(std::uint64_t since_us = 100) {
    ASSERT_EQ(place.own(since_us), Step::seek);
    ASSERT_EQ(place.on_held(), Step::nothing);
  }
  LinePlace place{25s};
};

TEST_F(LinePlaceTest, IsSoughtOnceItIsKnownSinceWhenItIsOurs) {
  EXPECT_FALSE(place.seeks());
  EXPECT_EQ(place.own(std::nullopt), Step::nothing);
  EXPECT_FALSE(place.seeks()) << "without a time there is no telling who came later";
  EXPECT_EQ(place.own(100), Step::seek);
  EXPECT_EQ(place.own(std::nullopt), Step::seek) << "the time once learnt stays";
  EXPECT_EQ(place.on_held(), Step::nothing);
  EXPECT_FALSE(place.seeks());
  EXPECT_EQ(place.own(100), Step::nothing);
}

TEST_F(LinePlaceTest, LostLeaseOfOurOwnLineIsSoughtAgain) {
  hold();
  place.on_released();
  EXPECT_TRUE(place.seeks());
}

TEST_F(LinePlaceTest, ATakenLineThatIsUpWaitsToBeAskedFor) {
  hold();
  EXPECT_EQ(place.disown(false, true, t0), Step::nothing);
  EXPECT_TRUE(place.held());
  EXPECT_EQ(place.hand_over_at(), t0 + 25s);
  EXPECT_EQ(place.on_time(t0 + 25s - 1ns), Step::nothing);
  EXPECT_EQ(place.on_wanted(1), Step::hand_over);
  EXPECT_EQ(place.on_wanted(2), Step::nothing) << "handing over already";
  EXPECT_FALSE(place.hand_over_at());
  place.on_released();
  EXPECT_FALSE(place.held());
  EXPECT_FALSE(place.seeks());
}

TEST_F(LinePlaceTest, ATakenLineNobodyAsksForIsHandedOverInTheEnd) {
  hold();
  place.disown(false, true, t0);
  EXPECT_EQ(place.on_time(t0 + 25s), Step::hand_over);
}

TEST_F(LinePlaceTest, ATakenLineThatIsDownIsHandedOverAtOnce) {
  hold();
  EXPECT_EQ(place.disown(false, false, t0), Step::hand_over);
}

TEST_F(LinePlaceTest, ATakenLineThatGoesDownIsHandedOverThen) {
  hold();
  place.disown(false, true, t0);
  EXPECT_EQ(place.on_down(), Step::hand_over);
}

TEST_F(LinePlaceTest, OurOwnLineThatGoesDownStaysOurs) {
  hold();
  EXPECT_EQ(place.on_down(), Step::nothing);
}

TEST_F(LinePlaceTest, ALineKafkaLostIsKeptWhileNobodyAsks) {
  hold();
  EXPECT_EQ(place.disown(true, true, t0), Step::nothing);
  EXPECT_FALSE(place.hand_over_at());
  EXPECT_EQ(place.on_time(t0 + 24h), Step::nothing);
  EXPECT_EQ(place.on_wanted(1), Step::hand_over);
}

TEST_F(LinePlaceTest, ATakenLineThatComesBackStays) {
  hold(100);
  place.disown(false, true, t0);
  EXPECT_EQ(place.own(300), Step::nothing);
  EXPECT_FALSE(place.hand_over_at());
  EXPECT_EQ(place.on_wanted(200), Step::nothing) << "whoever had it in between";
}

TEST_F(LinePlaceTest, OfTwoOwnersTheLaterAssignmentWins) {
  hold(100);
  EXPECT_EQ(place.on_wanted(99), Step::nothing) << "a worker that woke up too late";
  EXPECT_EQ(place.on_wanted(101), Step::hand_over) << "Kafka has not told us yet";
  place.on_released();
  EXPECT_TRUE(place.seeks()) << "it is still ours for all we know; its mark keeps us off";
}

TEST_F(LinePlaceTest, AnAssignmentJustMadeStandsUntilItsTimeIsKnown) {
  hold(100);
  place.disown(false, true, t0);
  place.own(std::nullopt);
  EXPECT_FALSE(place.since_us()) << "an old time would lose against one in between";
  EXPECT_EQ(place.on_wanted(200), Step::nothing);
  place.own(150);
  EXPECT_EQ(place.on_wanted(200), Step::hand_over);
}

TEST_F(LinePlaceTest, ALeaseThatComesTooLateIsGivenBack) {
  place.own(100);
  place.disown(false, false, t0);
  EXPECT_EQ(place.on_held(), Step::hand_over);
}

TEST_F(LinePlaceTest, TakenTwiceIsTakenOnce) {
  hold();
  place.disown(true, true, t0);
  EXPECT_EQ(place.disown(false, true, t0), Step::nothing);
  EXPECT_FALSE(place.hand_over_at());
}

TEST_F(LinePlaceTest, NearTheEndNothingIsSoughtAndWhatIsHeldWaitsToBeAskedFor) {
  hold();
  place.drain();
  EXPECT_TRUE(place.held());
  EXPECT_EQ(place.disown(false, true, t0), Step::nothing);
  EXPECT_EQ(place.on_wanted(1), Step::hand_over);
  place.on_released();
  EXPECT_EQ(place.own(500), Step::nothing);
}

TEST_F(LinePlaceTest, StoppingHandsOverWhateverIsHeld) {
  hold();
  EXPECT_EQ(place.stop(), Step::hand_over);
  place.on_released();
  EXPECT_EQ(place.stop(), Step::nothing);
}

}  // namespace
}  // namespace linekeeper::worker
