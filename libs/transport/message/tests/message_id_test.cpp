#include "linekeeper/message/message_id.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "messaging_vectors.hpp"

namespace linekeeper::transport::message {
namespace {

using std::chrono::milliseconds;

void expect_web_shape(const std::string& id) {
  // The recorded ids of other clients have it too: apps guess the platform from it.
  const auto recorded = vectors::messaging().at("message_ids").at("whatsmeow").get<std::string>();
  EXPECT_EQ(id.size(), recorded.size());
  EXPECT_EQ(id.substr(0, 4), recorded.substr(0, 4));
  EXPECT_EQ(id.find_first_not_of("0123456789ABCDEF"), std::string::npos) << id;
}

TEST(MessageIdTest, TheSameCommandAlwaysGetsTheSameId) {
  const auto id = derive_message_id("shop-berlin", "cmd-1", milliseconds(1763640000123));
  expect_web_shape(id);
  EXPECT_EQ(id, derive_message_id("shop-berlin", "cmd-1", milliseconds(1763640000123)));
}

TEST(MessageIdTest, EveryPartCounts) {
  const std::set<std::string> ids = {
      derive_message_id("a", "b", milliseconds(1)), derive_message_id("a", "c", milliseconds(1)),
      derive_message_id("b", "b", milliseconds(1)), derive_message_id("a", "b", milliseconds(2)),
      derive_message_id("ab", "", milliseconds(1)), derive_message_id("", "ab", milliseconds(1)),
  };
  EXPECT_EQ(ids.size(), 6U);
}

TEST(MessageIdTest, TheDerivationIsFixedForEver) {
  // A stored command must get the same id from a later version. SHA-256 over the label, both texts behind their
  // lengths, time.
  EXPECT_EQ(derive_message_id("s", "c", milliseconds(1)), "3EB006B8B539EFA39E0FD0");
}

TEST(MessageIdTest, RandomIdsDiffer) {
  expect_web_shape(random_message_id());
  EXPECT_NE(random_message_id(), random_message_id());
}

}  // namespace
}  // namespace linekeeper::transport::message
