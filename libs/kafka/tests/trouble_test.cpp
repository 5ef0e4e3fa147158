#include "trouble.hpp"

#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::kafka {
namespace {

const Problem kAway{Errc::kafka_unavailable, "no broker answers"};

rd_kafka_message_t denial_of_group() {
  rd_kafka_message_t message{};
  message.err = RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
  return message;
}

TEST(TroubleTest, TellsWhatWasMetOnceAndItsEndOnce) {
  Trouble trouble("fleet");
  EXPECT_FALSE(trouble.meet(std::nullopt));
  EXPECT_TRUE(trouble.meet(kAway));
  EXPECT_FALSE(trouble.meet(kAway));
  EXPECT_EQ(trouble.now()->what, kAway.what);
  EXPECT_TRUE(trouble.meet(std::nullopt));
  EXPECT_FALSE(trouble.now());
}

TEST(TroubleTest, ADenialHoldsUntilTheGroupTakesUsIn) {
  Trouble trouble("fleet");
  EXPECT_TRUE(trouble.deny(denial_of_group()));
  EXPECT_EQ(trouble.now()->code, Errc::kafka_refused);
  EXPECT_NE(trouble.now()->what.find("group fleet"), std::string::npos) << trouble.now()->what;
  EXPECT_FALSE(trouble.meet(std::nullopt));  // Metadata came: that does not let us in.
  EXPECT_TRUE(trouble.now());
  EXPECT_TRUE(trouble.joined());
  EXPECT_FALSE(trouble.now());
}

TEST(TroubleTest, WhatIsMetNowIsToldBeforeADenial) {
  Trouble trouble("fleet");
  EXPECT_TRUE(trouble.refuse_group());
  const std::string refused = trouble.now()->what;
  EXPECT_TRUE(trouble.meet(kAway));
  EXPECT_EQ(trouble.now()->what, kAway.what);
  EXPECT_TRUE(trouble.meet(std::nullopt));
  EXPECT_EQ(trouble.now()->what, refused);
}

TEST(TroubleTest, JoiningAndReadingChangeNothingWhereNothingWasDenied) {
  Trouble trouble("fleet");
  EXPECT_TRUE(trouble.meet(kAway));
  EXPECT_FALSE(trouble.joined());
  EXPECT_FALSE(trouble.readable("commands.send"));
  EXPECT_EQ(trouble.now()->what, kAway.what);
}

}  // namespace
}  // namespace linekeeper::kafka
