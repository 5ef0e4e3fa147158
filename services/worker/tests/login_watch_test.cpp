#include "loop/login_watch.hpp"

#include <gmock/gmock.h>

namespace linekeeper::worker {
namespace {

using namespace std::chrono_literals;
using Step = LoginWatch::Step;

const LoginWatch::Time t0{};

class LoginWatchTest : public testing::Test {
 protected:
  void fail_three(LoginWatch::Time at) {
    for (const char* session : {"a", "b", "c"})
      watch.failed(session, at);
  }
  Step decide(LoginWatch::Time at, bool well = true, bool others = true) { return watch.decide(well, others, at); }
  LoginWatch watch{LoginWatch::Settings{}};
};

TEST_F(LoginWatchTest, OneLineThatFailsStaysWithItsOwnerHoweverOften) {
  for (int i = 0; i < 100; ++i)
    watch.failed("a", t0 + i * 1s);
  watch.failed("b", t0);
  EXPECT_EQ(decide(t0 + 1h), Step::stay);
  EXPECT_EQ(watch.trouble(t0 + 1h), "");
}

TEST_F(LoginWatchTest, StandsAsideWhenThreeLinesFailAndNoneGetsThrough) {
  fail_three(t0);
  EXPECT_EQ(decide(t0 + 20s - 1ns), Step::stay) << "a moment's trouble passes";
  EXPECT_EQ(decide(t0 + 20s), Step::leave);
  EXPECT_THAT(watch.trouble(t0 + 20s), testing::HasSubstr("tries again in 60 s"));
  EXPECT_EQ(decide(t0 + 80s - 1ns), Step::stay);
  EXPECT_EQ(decide(t0 + 80s), Step::come_back);
  EXPECT_EQ(watch.trouble(t0 + 80s), "");
}

TEST_F(LoginWatchTest, StaysAwayTwiceAsLongEachTimeItDoesNotHelp) {
  fail_three(t0);
  decide(t0 + 20s);
  decide(t0 + 80s);
  fail_three(t0 + 81s);
  EXPECT_EQ(decide(t0 + 101s), Step::leave);
  EXPECT_EQ(decide(t0 + 101s + 2min - 1ns), Step::stay);
  EXPECT_EQ(decide(t0 + 101s + 2min), Step::come_back);
}

TEST_F(LoginWatchTest, OneLoginForgetsTheFailuresAndTheBackoff) {
  fail_three(t0);
  watch.came_online();
  EXPECT_EQ(decide(t0 + 20s), Step::stay);
  watch.went_offline();
  EXPECT_EQ(decide(t0 + 20s), Step::stay);
}

TEST_F(LoginWatchTest, ALineThatIsOnlineShowsThatTheWayIsOpen) {
  watch.came_online();
  fail_three(t0);
  EXPECT_EQ(decide(t0 + 20s), Step::stay);
  watch.went_offline();
  EXPECT_EQ(decide(t0 + 20s), Step::leave);
}

TEST_F(LoginWatchTest, TheLastWorkerNeverLeavesButSaysSo) {
  fail_three(t0);
  EXPECT_EQ(decide(t0 + 20s, true, false), Step::stay);
  EXPECT_THAT(watch.trouble(t0 + 20s), testing::HasSubstr("No line can log in"));
}

TEST_F(LoginWatchTest, WithoutRedisOrKafkaItProvesNothing) {
  fail_three(t0);
  EXPECT_EQ(decide(t0 + 20s, false), Step::stay);
}

}  // namespace
}  // namespace linekeeper::worker
