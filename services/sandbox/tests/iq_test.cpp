#include <gtest/gtest.h>

#include "world.hpp"

namespace linekeeper::sandbox {
namespace {

const std::string kNumber = "491701111111";
const std::string kOther = "491702222222";

/// Requests that clients make in their first minute and wait for: xmlns, type, child.
struct FirstMinute {
  const char* xmlns;
  const char* type;
  const char* child;
};

class FirstMinuteTest : public testing::TestWithParam<FirstMinute> {};

TEST_P(FirstMinuteTest, IsAnsweredAtOnceWithAResult) {
  World world;
  const auto client = world.paired(kNumber);
  std::vector<Node> children;
  if (GetParam().child != nullptr) children.emplace_back(GetParam().child);
  const Node answer = client->ask(GetParam().type, GetParam().xmlns, std::move(children));
  EXPECT_TRUE(answer.attr_is("type", "result"));
  ASSERT_NE(answer.find("from"), nullptr);
  EXPECT_EQ(std::get<Jid>(*answer.find("from")), transport::server_jid());
}

INSTANTIATE_TEST_SUITE_P(
    Iq, FirstMinuteTest,
    testing::Values(FirstMinute{"encrypt", "get", "count"}, FirstMinute{"encrypt", "get", "digest"},
                    FirstMinute{"passive", "set", "active"}, FirstMinute{"w:p", "get", nullptr},
                    FirstMinute{"w:p", "get", "ping"}, FirstMinute{"urn:xmpp:ping", "get", nullptr},
                    FirstMinute{"abt", "get", "props"}, FirstMinute{"w", "get", "props"},
                    FirstMinute{"privacy", "get", "privacy"}, FirstMinute{"blocklist", "get", nullptr},
                    FirstMinute{"urn:xmpp:whatsapp:dirty", "set", "clean"}, FirstMinute{"w:m", "set", "media_conn"},
                    FirstMinute{"disappearing_mode", "get", "disappearing_mode"},
                    FirstMinute{"w:stats", "set", nullptr}, FirstMinute{"w:sync:app:state", "set", "sync"}),
    [](const auto& test) {
      std::string name = std::string(test.param.xmlns) + "_" + test.param.type + "_" +
                         (test.param.child == nullptr ? "bare" : test.param.child);
      for (char& c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
      return name;
    });

TEST(IqTest, WhatNobodyKnowsGets501AtOnce) {
  World world;
  const auto client = world.paired(kNumber);
  for (const char* xmlns : {"fb:thrift_iq", "newsletter", "bot", "w:qr"}) {
    const Node answer = client->ask("get", xmlns, {});
    ASSERT_TRUE(answer.attr_is("type", "error")) << xmlns;
    EXPECT_TRUE(answer.child("error")->attr_is("code", "501")) << xmlns;
  }
  EXPECT_EQ(world.core().counters.unknown_iqs, 4U);
}

TEST(IqTest, AResultIsNotAnswered) {
  World world;
  const auto client = world.paired(kNumber);
  client->say(Node("iq").with("type", "result").with("id", "x"));
  EXPECT_TRUE(client->heard().empty());
}

TEST(IqTest, AnswersCanBeMadeToFailToBeLostOrToComeLate) {
  World world;
  const auto client = world.paired(kNumber);
  const auto order = [&](const char* parameter, const char* value) {
    Fault fault;
    fault.kind = "iq";
    fault.times = 1;
    fault.parameters = {{"xmlns", "privacy"}, {parameter, value}};
    std::string why;
    ASSERT_TRUE(world.core().faults.add(fault, why)) << why;
  };
  order("code", "429");
  EXPECT_TRUE(client->ask("get", "blocklist", {}).attr_is("type", "result"));
  EXPECT_TRUE(client->ask("get", "privacy", {Node("privacy")}).child("error")->attr_is("code", "429"));
  order("lost", "on");
  EXPECT_TRUE(client->ask("get", "privacy", {Node("privacy")}).tag.empty());
  order("delay-ms", "500");
  client->hears();
  EXPECT_TRUE(client->ask("get", "privacy", {Node("privacy")}).tag.empty());
  world.pass(std::chrono::milliseconds(500));
  EXPECT_TRUE(client->was_told("iq", "privacy"));
}

TEST(IqTest, PrivacyAndBlocklistAreKept) {
  World world;
  const auto client = world.paired(kNumber);
  client->ask("set", "privacy", {Node("privacy").add(Node("category").with("name", "last").with("value", "none"))});
  EXPECT_EQ(client->account().privacy["last"], "none");
  const Jid stranger{"491709999999", Server::pn};
  const Node item = Node("item").with("action", "block").with("jid", stranger);
  const Node list = client->ask("set", "blocklist", {item});
  ASSERT_NE(list.child("list"), nullptr);
  EXPECT_EQ(list.child("list")->children().size(), 1U);
  client->ask("set", "blocklist", {Node("item").with("action", "unblock").with("jid", stranger)});
  EXPECT_TRUE(client->account().blocked.empty());
}

TEST(IqTest, AStatusReachesEverybodyElseWhoIsConnected) {
  World world;
  const auto client = world.paired(kNumber);
  const auto other = world.paired(kOther);
  client->ask("set", "status", {Node("status").holding(to_bytes("busy"))});
  EXPECT_EQ(other->expect("notification", "set").child("set")->text(), "busy");
  EXPECT_FALSE(client->was_told("notification"));
}

Node collection(const char* name, std::uint64_t version) {
  return Node("collection").with("name", name).with("version", version);
}

TEST(AppStateTest, AnEmptyCollectionHasAnEmptyAnswer) {
  World world;
  const auto client = world.paired(kNumber);
  const Node asked = collection("regular_low", 0).with("return_snapshot", "true");
  const Node answer = client->ask("set", "w:sync:app:state", {Node("sync").add(asked)});
  const Node* out = answer.child("sync")->child("collection");
  ASSERT_NE(out, nullptr);
  EXPECT_TRUE(out->attr_is("version", "0"));
  EXPECT_TRUE(out->children().empty());
}

TEST(AppStateTest, APatchReachesTheOtherDeviceWithItsVersion) {
  World world;
  const auto first = world.paired(kNumber);
  const auto second = world.paired(kNumber);
  first->hears();
  const Bytes patch{0x12, 0x01, 0x00};
  const Node up = collection("regular", 0).add(Node("patch").holding(patch));
  const Node stored = first->ask("set", "w:sync:app:state", {Node("sync").add(up)});
  EXPECT_TRUE(stored.child("sync")->child("collection")->attr_is("version", "1"));
  EXPECT_TRUE(second->expect("notification", "collection").attr_is("type", "server_sync"));
  EXPECT_FALSE(first->was_told("notification", "collection"));

  const Node asked = second->ask("set", "w:sync:app:state", {Node("sync").add(collection("regular", 0))});
  const Node* patches = asked.child("sync")->child("collection")->child("patches");
  ASSERT_NE(patches, nullptr);
  const Bytes with_version = concat(Bytes{0x0a, 0x02, 0x08, 0x01}, patch);
  EXPECT_EQ(to_bytes(patches->children()[0].bytes()), with_version);
}

TEST(AppStateTest, APatchForAnOldVersionConflictsAndBringsWhatIsMissing) {
  World world;
  const auto client = world.paired(kNumber);
  const Node up = collection("regular", 0).add(Node("patch").holding(Bytes{0x12, 0x00}));
  client->ask("set", "w:sync:app:state", {Node("sync").add(up)});
  const Node answer = client->ask("set", "w:sync:app:state", {Node("sync").add(up)});
  const Node* out = answer.child("sync")->child("collection");
  EXPECT_TRUE(out->attr_is("type", "error"));
  EXPECT_TRUE(out->child("error")->attr_is("code", "409"));
  EXPECT_EQ(out->child("patches")->children().size(), 1U);
}

TEST(AppStateTest, UnknownNamesAndImpossibleVersionsAreErrors) {
  World world;
  const auto client = world.paired(kNumber);
  const Node answer = client->ask("set", "w:sync:app:state",
                                  {Node("sync").add(collection("nonsense", 0)).add(collection("regular", 7))});
  const auto out = answer.child("sync")->children();
  EXPECT_TRUE(out[0].child("error")->attr_is("code", "404"));
  EXPECT_TRUE(out[1].child("error")->attr_is("code", "400"));
}

}  // namespace
}  // namespace linekeeper::sandbox
