#include <gtest/gtest.h>

#include "world.hpp"

namespace linekeeper::sandbox {
namespace {

class PresenceTest : public testing::Test {
 protected:
  void subscribe() { bob->say(Node("presence").with("type", "subscribe").with("to", ada->lid().bare())); }
  static Node available() { return Node("presence").with("type", "available").with("name", "Ada"); }

  World world;
  std::unique_ptr<TestClient> ada = world.paired("491701111111");
  std::unique_ptr<TestClient> bob = world.paired("491702222222");
};

TEST_F(PresenceTest, ASubscriberHearsThePresentStateAtOnce) {
  subscribe();
  const Node state = bob->expect("presence");
  EXPECT_EQ(state.jid("from"), ada->lid().bare());
  EXPECT_TRUE(state.attr_is("type", "unavailable"));
}

TEST_F(PresenceTest, AndEveryChangeUntilItLeaves) {
  subscribe();
  bob->hears();
  ada->say(available());
  EXPECT_FALSE(bob->expect("presence").has("type"));
  bob->hears();
  ada->disconnect();
  const Node gone = bob->expect("presence");
  EXPECT_TRUE(gone.attr_is("type", "unavailable"));
  EXPECT_EQ(gone.number("last"), 1'790'000'000U);

  bob->disconnect();
  ada->connect();
  ada->activate();
  ada->say(available());
  EXPECT_TRUE(ada->account().watchers.empty());
}

TEST_F(PresenceTest, UnsubscribedMeansSilence) {
  subscribe();
  bob->say(Node("presence").with("type", "unsubscribe").with("to", ada->lid().bare()));
  bob->hears();
  ada->say(available());
  EXPECT_FALSE(bob->was_told("presence"));
}

TEST_F(PresenceTest, APresenceWithoutAnythingIsIgnored) {
  ada->say(Node("presence"));
  EXPECT_FALSE(ada->device().available);
  EXPECT_TRUE(ada->heard().empty());
}

TEST_F(PresenceTest, ANameAloneIsRemembered) {
  ada->say(Node("presence").with("name", "Ada L."));
  EXPECT_EQ(ada->account().push_name, "Ada L.");
  EXPECT_FALSE(ada->device().available);
}

TEST_F(PresenceTest, TypingReachesThoseWhoAreThere) {
  const Node typing = Node("chatstate").with("to", bob->pn().bare()).add(Node("composing"));
  ada->say(typing);
  EXPECT_FALSE(bob->was_told("chatstate"));
  bob->say(Node("presence").with("type", "available"));
  ada->say(typing);
  const Node got = bob->expect("chatstate", "composing");
  EXPECT_EQ(got.jid("from"), ada->pn().bare());
  EXPECT_EQ(got.children().size(), 1U);
}

}  // namespace
}  // namespace linekeeper::sandbox
