#include "linekeeper/kafka/group_member.hpp"

#include <gmock/gmock.h>

namespace linekeeper::kafka {
namespace {

Bytes subscription(const std::vector<std::string>& topics) {
  Bytes out{0, 1, 0, 0, 0, static_cast<std::uint8_t>(topics.size())};
  for (const std::string& topic : topics) {
    out.push_back(0);
    out.push_back(static_cast<std::uint8_t>(topic.size()));
    out.insert(out.end(), topic.begin(), topic.end());
  }
  return out;
}

TEST(GroupMemberTest, TellsWhatAMemberSubscribesTo) {
  Bytes bytes = subscription({"linekeeper.commands.pair", "orders"});
  bytes.insert(bytes.end(), {0xff, 0xff, 0xff, 0xff});  // No user data.
  EXPECT_THAT(subscribed_topics(bytes), testing::ElementsAre("linekeeper.commands.pair", "orders"));
}

TEST(GroupMemberTest, ASubscriptionCutShortAnywhereIsNone) {
  const Bytes whole = subscription({"orders"});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_TRUE(subscribed_topics(ByteView(whole).first(size)).empty()) << size;
  EXPECT_TRUE(subscribed_topics(Bytes{0, 1, 0xff, 0xff, 0xff, 0xff}).empty()) << "a count from nowhere";
}

TEST(GroupMemberTest, AWorkerAndAMemberThatIsJustJoiningBelongToTheGroup) {
  EXPECT_EQ(foreign_member({"lead"}, "lead"), "");
  EXPECT_EQ(foreign_member({}, "lead"), "");
}

TEST(GroupMemberTest, AForeignerThatTakesOurPartitionsIsToldFromOneThatDoesNot) {
  EXPECT_THAT(foreign_member({"lead", "orders"}, "lead"), testing::HasSubstr("served by nobody"));
  EXPECT_EQ(foreign_member({"orders"}, "lead"), "it subscribes to orders");
}

}  // namespace
}  // namespace linekeeper::kafka
