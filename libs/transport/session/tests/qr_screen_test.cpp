#include "qr_screen.hpp"

#include <gtest/gtest.h>

namespace linekeeper::transport {
namespace {

using namespace std::chrono_literals;
const Time kStart = Time(1000s);

QrScreen shown_screen() {
  QrScreen screen(60s, 20s);
  screen.start({"a", "b", "c"}, kStart);
  return screen;
}

TEST(QrScreenTest, ShowsTheFirstRefLongerThanTheOthers) {
  QrScreen screen = shown_screen();
  EXPECT_EQ(screen.shown()->ref, "a");
  EXPECT_EQ(screen.shown()->index, 1U);
  EXPECT_EQ(screen.shown()->remaining, 2U);
  EXPECT_EQ(screen.at(kStart + 59s), QrScreen::Step::wait);
  EXPECT_EQ(screen.at(kStart + 60s), QrScreen::Step::show);
  EXPECT_EQ(screen.shown()->ref, "b");
  EXPECT_EQ(screen.due(), kStart + 80s);
}

TEST(QrScreenTest, IsExpiredAfterTheLastRef) {
  QrScreen screen = shown_screen();
  ASSERT_EQ(screen.at(kStart + 60s), QrScreen::Step::show);
  ASSERT_EQ(screen.at(kStart + 80s), QrScreen::Step::show);
  EXPECT_EQ(screen.shown()->remaining, 0U);
  EXPECT_EQ(screen.at(kStart + 100s), QrScreen::Step::expired);
  EXPECT_FALSE(screen.shown());
  EXPECT_EQ(screen.due(), kNever);
}

TEST(QrScreenTest, GivesEachRefItsTimeWhenTheClockIsLate) {
  QrScreen screen = shown_screen();
  ASSERT_EQ(screen.at(kStart + 90s), QrScreen::Step::show);
  EXPECT_EQ(screen.shown()->ref, "b");
  EXPECT_EQ(screen.due(), kStart + 110s);
}

TEST(QrScreenTest, NewRefsStartOver) {
  QrScreen screen = shown_screen();
  ASSERT_EQ(screen.at(kStart + 60s), QrScreen::Step::show);
  screen.start({"x"}, kStart + 61s);
  EXPECT_EQ(screen.shown()->ref, "x");
  EXPECT_EQ(screen.due(), kStart + 121s);
}

TEST(QrScreenTest, NoRefsAreExpiredAtOnce) {
  QrScreen screen(60s, 20s);
  screen.start({}, kStart);
  EXPECT_FALSE(screen.shown());
  EXPECT_EQ(screen.at(kStart), QrScreen::Step::expired);
}

TEST(QrScreenTest, NothingComesDueOnceStopped) {
  QrScreen screen = shown_screen();
  screen.stop();
  EXPECT_EQ(screen.due(), kNever);
  EXPECT_EQ(screen.at(kStart + 1000s), QrScreen::Step::wait);
}

}  // namespace
}  // namespace linekeeper::transport
