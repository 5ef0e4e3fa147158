#include "conditions.hpp"

#include <gtest/gtest.h>

#include "phone.hpp"
#include "views.hpp"
#include "world.hpp"

namespace linekeeper::sandbox {
namespace {

class ConditionsTest : public testing::Test {
 protected:
  bool holds(Condition condition) {
    std::string why;
    const bool met = check(world.core(), condition, why).has_value();
    EXPECT_TRUE(why.empty()) << why;
    return met;
  }
  Condition about(const char* until) const {
    Condition condition;
    condition.until = until;
    condition.phone = kNumber;
    condition.device = 1;
    return condition;
  }

  const std::string kNumber = "491701111111";
  World world;
};

TEST_F(ConditionsTest, FollowADevicesLife) {
  const auto client = world.client();
  client->connect();
  Condition registering;
  registering.until = "registering";
  EXPECT_TRUE(holds(registering));
  client->disconnect();
  EXPECT_FALSE(holds(registering));

  client->pair(kNumber);
  EXPECT_TRUE(holds(about("linked")));
  EXPECT_FALSE(holds(about("connected")));
  client->upload_keys(5);
  client->activate();
  EXPECT_TRUE(holds(about("connected")));
  EXPECT_FALSE(holds(about("drained")));
  client->disconnect();
  EXPECT_TRUE(holds(about("disconnected")));
  EXPECT_FALSE(holds(about("removed")));
}

TEST_F(ConditionsTest, AnUnknownOneIsNamed) {
  std::string why;
  Condition condition;
  condition.until = "happiness";
  EXPECT_FALSE(check(world.core(), condition, why));
  EXPECT_NE(why.find("happiness"), std::string::npos);
}

TEST_F(ConditionsTest, APhoneThatDoesNotExistYetCanBeWaitedFor) {
  EXPECT_FALSE(holds(about("linked")));
}

TEST_F(ConditionsTest, TheJournalShowsWhatWasSaidWithoutItsContent) {
  const auto client = world.paired(kNumber);
  const std::uint64_t since = world.core().journal_number();
  client->say(Node("iq")
                  .with("id", "secret-free")
                  .with("type", "set")
                  .with("xmlns", "status")
                  .with("to", transport::server_jid())
                  .add(Node("status").holding(to_bytes("a private text"))));
  Condition filter = about("stanza");
  filter.since = since;
  filter.direction = "in";
  const auto entries = read_journal(world.core(), filter);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0]["id"], "secret-free");
  EXPECT_EQ(entries[0]["xmlns"], "status");
  EXPECT_EQ(entries.dump().find("private"), std::string::npos);
  EXPECT_TRUE(holds(filter));
}

}  // namespace
}  // namespace linekeeper::sandbox
