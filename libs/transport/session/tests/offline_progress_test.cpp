#include "offline_progress.hpp"

#include <gtest/gtest.h>

namespace linekeeper::transport {
namespace {

using namespace std::chrono_literals;
const Time kStart = Time(1000s);

TEST(OfflineProgressTest, AsksForABatchAtThePreviewAndAfterEachFullOne) {
  OfflineProgress offline(60s);
  offline.start(kStart);
  EXPECT_TRUE(offline.preview(250, kStart));
  unsigned asked = 0;
  for (int i = 0; i < 250; ++i)
    asked += offline.handled(kStart) ? 1 : 0;
  EXPECT_EQ(asked, 2U);
  EXPECT_EQ(offline.progress().done, 250U);
  EXPECT_EQ(offline.progress().total, 250U);
}

TEST(OfflineProgressTest, AnEmptyPreviewAsksForNothing) {
  OfflineProgress offline(60s);
  EXPECT_FALSE(offline.preview(0, kStart));
}

TEST(OfflineProgressTest, EndsWithTheServersWordOnce) {
  OfflineProgress offline(60s);
  offline.start(kStart);
  EXPECT_TRUE(offline.finished());
  EXPECT_FALSE(offline.finished());
  EXPECT_EQ(offline.due(), kNever);
}

TEST(OfflineProgressTest, EndsWhenTheServerIsSilentForTooLong) {
  OfflineProgress offline(60s);
  offline.start(kStart);
  offline.handled(kStart + 30s);
  EXPECT_FALSE(offline.at(kStart + 60s));
  EXPECT_TRUE(offline.at(kStart + 90s));
  EXPECT_TRUE(offline.over());
}

TEST(OfflineProgressTest, MoreThanAnnouncedRaisesTheTotal) {
  OfflineProgress offline(60s);
  offline.preview(1, kStart);
  offline.handled(kStart);
  offline.handled(kStart);
  EXPECT_EQ(offline.progress().total, 2U);
}

TEST(OfflineProgressTest, WhatComesAfterTheEndCountsNoMore) {
  OfflineProgress offline(60s);
  offline.start(kStart);
  offline.finished();
  EXPECT_FALSE(offline.handled(kStart));
  EXPECT_EQ(offline.progress().done, 0U);
}

}  // namespace
}  // namespace linekeeper::transport
