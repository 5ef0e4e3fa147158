#include "linekeeper/message/usync.hpp"

#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"
#include "messaging_vectors.hpp"

namespace linekeeper::transport::message {
namespace {

Jid jid(std::string_view text) {
  return Jid::parse(text).value();
}

Node answer(std::vector<Node> users) {
  return Node("iq").with("type", "result").add(Node("usync").add(Node("list").add_all(std::move(users))));
}

const auto& vector() {
  return vectors::messaging().at("adv_key_index_list");
}

Node devices_node() {
  Node list("device-list");
  for (const auto& device : vector().at("filter_example").at("devices")) {
    Node child = Node("device").with("id", device.at("id").get<int>());
    if (device.contains("key_index")) child.with("key-index", device["key_index"].get<int>());
    list.add(std::move(child));
  }
  return Node("devices")
      .add(std::move(list))
      .add(Node("key-index-list").with("ts", 1).holding(vectors::hex(vector().at("signed_example"))));
}

TEST(DeviceListTest, KeepsTheDevicesThatTheSignedListAllows) {
  const auto list = parse_device_list(devices_node());
  ASSERT_TRUE(list.has_value());
  std::vector<int> kept;
  for (const Jid& device : reachable_devices(jid("9@lid"), *list)) {
    EXPECT_EQ(device.server, Server::lid);
    kept.push_back(device.device);
  }
  EXPECT_EQ(kept, vector().at("filter_example").at("kept_ids").get<std::vector<int>>());
}

TEST(DeviceListTest, TheSignatureIsTheAccounts) {
  const Bytes list = vectors::hex(vector().at("signed_example"));
  Key32 account = vectors::fixed<32>(vector().at("account_key").at("public_raw"));
  EXPECT_TRUE(key_indexes_signed_by(list, account));
  account[0] ^= 1;
  EXPECT_FALSE(key_indexes_signed_by(list, account));
  EXPECT_FALSE(key_indexes_signed_by(Bytes{0xff}, account));
  const auto indexes = parse_key_indexes(list);
  ASSERT_TRUE(indexes.has_value());
  EXPECT_EQ(indexes->current, vector().at("decoded").at("currentIndex").get<std::uint32_t>());
  EXPECT_EQ(indexes->valid, vector().at("decoded").at("validIndexes").get<std::vector<std::uint32_t>>());
  EXPECT_EQ(indexes->time, vector().at("decoded").at("timestamp").get<std::uint64_t>());
}

TEST(DeviceListTest, HostedDevicesAndCompanionsWithoutIndexAreLeftOut) {
  const auto list = parse_device_list(
      Node("devices").add(Node("device-list")
                              .add(Node("device").with("id", 0))
                              .add(Node("device").with("id", 5))
                              .add(Node("device").with("id", 6).with("key-index", 1))
                              .add(Node("device").with("id", 99).with("key-index", 2).with("is_hosted", "true"))));
  ASSERT_TRUE(list.has_value());
  const auto kept = reachable_devices(jid("1@s.whatsapp.net"), *list);
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[1].str(), "1:6@s.whatsapp.net");
}

TEST(DeviceListTest, HostileListsAreRefused) {
  const auto with = [](Node device) { return Node("devices").add(Node("device-list").add(std::move(device))); };
  for (const Node& bad : {Node("devices"), with(Node("device")), with(Node("device").with("id", 256)),
                          with(Node("device").with("id", "x")), with(Node("user").with("id", 1)),
                          with(Node("device").with("id", 1).with("key-index", "4294967296")),
                          with(Node("device").with("id", 1)).add(Node("key-index-list").holding(Bytes{0xff}))})
    EXPECT_EQ(parse_device_list(bad).error(), Errc::malformed_message);
}

TEST(UsyncTest, QueriesAreBuiltAsOthersBuildThem) {
  const std::vector<Jid> users = {jid("1:4@lid")};
  const Node devices = devices_query("7", "s", users);
  EXPECT_TRUE(devices.attr_is("xmlns", "usync") && devices.attr_is("type", "get"));
  const Node& usync = *devices.child("usync");
  EXPECT_TRUE(usync.attr_is("mode", "query") && usync.attr_is("context", "message") && usync.attr_is("sid", "s"));
  EXPECT_TRUE(usync.child("query")->child("devices")->attr_is("version", "2"));
  EXPECT_EQ(usync.child("list")->first_child()->jid("jid"), jid("1@lid"));
  const std::vector<std::string> numbers = {"+1 555 000 2222"};
  const Node contact = contact_query("7", "s", numbers);
  EXPECT_EQ(contact.child("usync")->child("list")->first_child()->child("contact")->text(), "+15550002222");
  EXPECT_TRUE(contact.child("usync")->attr_is("context", "interactive"));
  EXPECT_NE(lid_query("7", "s", users).child("usync")->child("query")->child("lid"), nullptr);
}

TEST(UsyncTest, DevicesAndHiddenIdsAreRead) {
  const auto read = parse_usync(answer(
      {Node("user").with("jid", jid("1@s.whatsapp.net")).add(devices_node()).add(Node("lid").with("val", jid("9@lid"))),
       Node("user")
           .with("jid", jid("2@s.whatsapp.net"))
           .add(Node("devices").add(Node("error").with("code", 404).with("text", "item-not-found"))),
       Node("user").with("jid", jid("3@s.whatsapp.net")).add(Node("devices")),
       Node("user").with("jid", jid("4@lid")).with("pn_jid", jid("4@s.whatsapp.net"))}));
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->users.size(), 4U);
  EXPECT_TRUE(read->users[0].devices->has_value());
  EXPECT_EQ(read->users[0].lid, jid("9@lid"));
  EXPECT_EQ(read->users[1].devices->error(), Errc::iq_error);
  EXPECT_EQ(read->users[1].devices_error->code, 404U);
  EXPECT_EQ(read->users[2].devices->error(), Errc::malformed_message);
  EXPECT_EQ(read->users[3].lid, jid("4@lid"));
  EXPECT_EQ(read->users[3].pn, jid("4@s.whatsapp.net"));
}

TEST(UsyncTest, ANumberIsRegisteredOnlyIfTheAnswerSaysSoWithAnAddress) {
  const auto contact = [](std::string_view type, std::string_view echo) {
    return Node("contact").with("type", type).holding_bytes(as_bytes(echo));
  };
  const auto read = parse_usync(answer(
      {Node("user").add(contact("out", "+15550001111")),
       Node("user").with("jid", jid("5511@s.whatsapp.net")).add(contact("in", "+55911")),
       Node("user").with("jid", jid("7@lid")).with("pn_jid", jid("77@s.whatsapp.net")).add(contact("in", "77@c.us")),
       Node("user").add(contact("in", "+88"))}));
  ASSERT_TRUE(read.has_value());
  EXPECT_FALSE(number_in(*read, "15550001111").registered);
  EXPECT_TRUE(number_in(*read, "+55911").registered);
  EXPECT_EQ(number_in(*read, "55911").jid, jid("5511@s.whatsapp.net"));
  EXPECT_EQ(number_in(*read, "77").jid, jid("77@s.whatsapp.net"));
  EXPECT_EQ(number_in(*read, "77").lid, jid("7@lid"));
  EXPECT_FALSE(number_in(*read, "88").registered);
  EXPECT_FALSE(number_in(*read, "99").registered);
  EXPECT_FALSE(number_in(*read, "").registered);
}

TEST(UsyncTest, PartsThatFailedForAllAreNamed) {
  const auto read = parse_usync(Node("iq")
                                    .with("type", "result")
                                    .add(Node("usync").add(Node("result").add(
                                        Node("devices").add(Node("error").with("code", 429).with("backoff", 300))))));
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->errors.size(), 1U);
  EXPECT_EQ(read->errors[0].first, "devices");
  EXPECT_EQ(read->errors[0].second.backoff_seconds, 300U);
}

TEST(UsyncTest, HostileAnswersAreRefused) {
  EXPECT_EQ(parse_usync(Node("iq").with("type", "result")).error(), Errc::malformed_message);
  EXPECT_EQ(parse_usync(Node("iq").with("type", "result").add(Node("usync"))).error(), Errc::malformed_message);
  EXPECT_EQ(parse_usync(answer({Node("device")})).error(), Errc::malformed_message);
  EXPECT_EQ(parse_usync(answer({Node("user").with("jid", "nobody")})).error(), Errc::malformed_message);
  EXPECT_EQ(parse_usync(Node("iq").with("type", "error")).error(), Errc::iq_error);
}

}  // namespace
}  // namespace linekeeper::transport::message
