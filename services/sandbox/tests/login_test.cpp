#include <gtest/gtest.h>

#include "notices.hpp"
#include "world.hpp"

namespace linekeeper::sandbox {
namespace {

const std::string kNumber = "491701111111";

std::string order(World& world, Fault fault) {
  std::string why;
  EXPECT_TRUE(world.core().faults.add(std::move(fault), why)) << why;
  return why;
}

TEST(LoginTest, SuccessCarriesTimeAndHiddenId) {
  World world;
  const auto client = world.client();
  client->pair(kNumber);
  const Node success = client->expect("success");
  EXPECT_EQ(success.number("t"), 1'790'000'000U);
  EXPECT_EQ(success.jid("lid"), client->lid());
}

TEST(LoginTest, AnUnknownDeviceGets401) {
  World world;
  const auto client = world.client();
  client->pair(kNumber);
  client->disconnect();
  client->credentials.me->device = 7;
  client->connect();
  EXPECT_TRUE(client->expect("failure").attr_is("reason", "401"));
  EXPECT_TRUE(world.wire.closed.contains(client->connection));
}

TEST(LoginTest, AnotherNoiseKeyGets401) {
  World world;
  const auto client = world.client();
  client->pair(kNumber);
  client->disconnect();
  client->credentials.noise = crypto::generate_key_pair();
  client->connect();
  EXPECT_TRUE(client->expect("failure").attr_is("reason", "401"));
  EXPECT_FALSE(client->was_told("success"));
}

TEST(LoginTest, APayloadThatMakesNoSenseGets400) {
  World world;
  world.sandbox.opened(1, Key32{}, Bytes{0xff, 0xff});
  ASSERT_FALSE(world.wire.sent[1].empty());
  EXPECT_TRUE(world.wire.sent[1].front().attr_is("reason", "400"));
}

TEST(LoginTest, ASecondConnectionReplacesTheFirst) {
  World world;
  const auto client = world.paired(kNumber);
  const ConnectionId first = client->connection;
  client->connect();
  EXPECT_TRUE(client->was_told("success"));
  const auto& old = world.wire.sent[first];
  ASSERT_FALSE(old.empty());
  EXPECT_EQ(old.back().tag, "stream:error");
  ASSERT_NE(old.back().child("conflict"), nullptr);
  EXPECT_TRUE(old.back().child("conflict")->attr_is("type", "replaced"));
  EXPECT_TRUE(world.wire.closed.contains(first));
  // What the old socket still says, and its end, do not touch the new one.
  world.sandbox.received(first, Node("presence").with("type", "available"));
  world.sandbox.closed(first);
  EXPECT_EQ(client->device().line->id, client->connection);
}

TEST(LoginTest, EachStayIsRememberedAndSaysWhetherALoginReplacedIt) {
  World world;
  const auto client = world.paired(kNumber);
  const Stays& stays = client->device().stays;
  const auto paired = stays.all().size();
  const std::int64_t start = world.now.count();
  EXPECT_EQ(stays.all().back().active_ms, start);
  EXPECT_EQ(stays.all().back().until_ms, 0);

  world.pass(std::chrono::seconds(5));
  client->disconnect();
  EXPECT_EQ(stays.all().back().until_ms, start + 5000);
  EXPECT_FALSE(stays.all().back().replaced);
  EXPECT_EQ(client->device().counters.replaced, 0U);

  world.pass(std::chrono::seconds(1));
  client->connect();
  world.pass(std::chrono::seconds(1));
  client->connect();
  ASSERT_EQ(stays.all().size(), paired + 2);
  const Stay& older = *(stays.all().end() - 2);
  EXPECT_EQ(older.from_ms, start + 6000);
  EXPECT_EQ(older.active_ms, 0);
  EXPECT_EQ(older.until_ms, start + 7000);
  EXPECT_TRUE(older.replaced);
  EXPECT_EQ(stays.all().back().until_ms, 0);
  EXPECT_EQ(client->device().counters.replaced, 1U);
}

TEST(LoginTest, ARemovedDeviceIsToldAndRefusedFromThenOn) {
  World world;
  const auto client = world.paired(kNumber);
  ASSERT_TRUE(remove_device(world.core(), client->account(), 1));
  const Node end = client->expect("stream:error");
  EXPECT_TRUE(end.attr_is("code", "401"));
  EXPECT_TRUE(end.child("conflict")->attr_is("type", "device_removed"));
  client->disconnect();
  client->connect();
  EXPECT_TRUE(client->expect("failure").attr_is("reason", "401"));
}

TEST(LoginTest, ACompanionRemovesItselfButNoOther) {
  World world;
  const auto first = world.paired(kNumber);
  const auto second = world.paired(kNumber);
  const auto removal = [](const Jid& jid) {
    return Node("remove-companion-device").with("jid", jid).with("reason", "user_initiated");
  };
  EXPECT_TRUE(first->ask("set", "md", {removal(second->pn())}).child("error")->attr_is("code", "403"));
  EXPECT_TRUE(first->ask("set", "md", {removal(first->pn())}).attr_is("type", "result"));
  EXPECT_TRUE(first->was_told("stream:error", "conflict"));
  EXPECT_EQ(second->account().device(1), nullptr);
  EXPECT_TRUE(second->was_told("notification", "devices"));
}

TEST(LoginTest, OrderedRefusalsComeWithTheirDetails) {
  World world;
  const auto client = world.client();
  client->pair(kNumber);
  client->disconnect();
  Fault fault;
  fault.kind = "login-failure";
  fault.times = 1;
  fault.parameters = {{"code", "402"}, {"ban-code", "101"}, {"expire", "3600"}};
  order(world, fault);
  client->connect();
  const Node failure = client->expect("failure");
  EXPECT_TRUE(failure.attr_is("reason", "402"));
  EXPECT_TRUE(failure.attr_is("code", "101"));
  EXPECT_TRUE(failure.attr_is("expire", "3600"));
  client->disconnect();
  client->connect();
  EXPECT_TRUE(client->was_told("success"));
}

TEST(LoginTest, AnOrderedStreamErrorEndsTheLogin) {
  World world;
  const auto client = world.client();
  client->pair(kNumber);
  client->disconnect();
  Fault fault;
  fault.kind = "login-stream-error";
  fault.phone = kNumber;
  fault.parameters["code"] = "503";
  order(world, fault);
  client->connect();
  EXPECT_TRUE(client->expect("stream:error").attr_is("code", "503"));
  EXPECT_EQ(client->device().line, nullptr);
}

TEST(LoginTest, ADropAfterSoManyStanzasCutsTheSocket) {
  World world;
  const auto client = world.paired(kNumber);
  Fault fault;
  fault.kind = "drop";
  fault.times = 1;
  fault.parameters = {{"after", "3"}, {"direction", "in"}};
  order(world, fault);
  client->say(Node("presence"));
  client->say(Node("presence"));
  EXPECT_FALSE(world.wire.dropped.contains(client->connection));
  client->say(Node("presence"));
  EXPECT_TRUE(world.wire.dropped.contains(client->connection));
}

TEST(LoginTest, AllConnectionsCanBeEndedAtOnce) {
  World world;
  const auto one = world.paired(kNumber);
  const auto two = world.paired("491702222222");
  EXPECT_EQ(world.sandbox.end_all(stream_error(503), [](const Line&) { return true; }), 2U);
  EXPECT_TRUE(one->expect("stream:error").attr_is("code", "503"));
  EXPECT_TRUE(two->was_told("stream:error"));
}

}  // namespace
}  // namespace linekeeper::sandbox
