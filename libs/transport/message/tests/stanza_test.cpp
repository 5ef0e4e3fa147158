#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/message/ack.hpp"
#include "linekeeper/message/offline.hpp"
#include "linekeeper/message/outgoing.hpp"
#include "linekeeper/message/receipt.hpp"

namespace linekeeper::transport::message {
namespace {

const Jid kOwn = *Jid::parse("15550009999:3@s.whatsapp.net");
const Jid kPeer = *Jid::parse("100000000000002:4@lid");

Node incoming(std::string_view tag) {
  return Node(tag).with("id", "3EB0AA").with("from", kPeer).with("t", 1763640000).with("type", "text");
}

TEST(AckTest, CopiesAddressesAndLeavesTheTypeOfMessagesOut) {
  const auto ack = ack_of(incoming("message").with("participant", kPeer).with("recipient", kOwn.bare()), kOwn);
  ASSERT_TRUE(ack);
  EXPECT_EQ(*ack, Node("ack")
                      .with("class", "message")
                      .with("id", "3EB0AA")
                      .with("to", kPeer)
                      .with("participant", kPeer)
                      .with("recipient", kOwn.bare())
                      .with("from", kOwn));
}

TEST(AckTest, CopiesTheTypeOfOthersAndInventsNone) {
  EXPECT_TRUE(ack_of(incoming("receipt"), kOwn)->attr_is("type", "text"));
  EXPECT_FALSE(ack_of(Node("notification").with("id", "1").with("from", kPeer), kOwn)->has("type"));
  const Node identity =
      Node("notification").with("id", "1").with("from", kPeer).with("type", "encrypt").add(Node("identity"));
  EXPECT_FALSE(ack_of(identity, kOwn)->has("type"));
  EXPECT_FALSE(ack_of(incoming("receipt").with("participant", kPeer), kOwn)->has("participant"));
}

TEST(AckTest, CanRefuse) {
  EXPECT_TRUE(ack_of(incoming("message"), kOwn, Nack::parse_error)->attr_is("error", "487"));
}

TEST(AckTest, SomeStanzasAreNeverAcknowledged) {
  for (const auto* tag : {"iq", "ib", "presence", "chatstate", "ack", "success", "stream:error"})
    EXPECT_FALSE(ack_of(incoming(tag), kOwn)) << tag;
  EXPECT_FALSE(ack_of(Node("message").with("id", "1"), kOwn));
  EXPECT_FALSE(ack_of(Node("message").with("from", kPeer), kOwn));
}

TEST(MessageAckTest, IsRead) {
  const auto ack = parse_message_ack(Node("ack")
                                         .with("class", "message")
                                         .with("id", "3EB0AA")
                                         .with("from", kPeer)
                                         .with("t", 1763640001)
                                         .with("error", 463)
                                         .with("phash", "2:47DEQpj8"));
  ASSERT_TRUE(ack.has_value());
  EXPECT_EQ(ack->time, 1763640001U);
  EXPECT_EQ(ack->error, 463U);
  EXPECT_EQ(ack->phash, "2:47DEQpj8");
  EXPECT_FALSE(ack->refresh_lid);
}

TEST(MessageAckTest, NonsenseIsRefused) {
  const Node good = Node("ack").with("class", "message").with("id", "1");
  EXPECT_TRUE(parse_message_ack(good).has_value());
  EXPECT_EQ(parse_message_ack(Node("ack").with("class", "message")).error(), Errc::malformed_message);
  EXPECT_EQ(parse_message_ack(Node("ack").with("class", "receipt").with("id", "1")).error(), Errc::malformed_message);
  EXPECT_EQ(parse_message_ack(Node(good).with("error", "bad")).error(), Errc::malformed_message);
  EXPECT_EQ(parse_message_ack(Node(good).with("error", "4294967296")).error(), Errc::malformed_message);
}

TEST(DirectMessageTest, HasACopyForEachDevice) {
  DirectMessage message;
  message.id = "3EB0AA";
  message.to = kPeer.bare();
  message.peer_recipient_pn = *Jid::parse("15550002222@s.whatsapp.net");
  message.copies = {{kPeer.bare(), false, {1}}, {kPeer, true, {2}}};
  message.device_identity = {9};
  EXPECT_EQ(to_stanza(message),
            Node("message")
                .with("id", "3EB0AA")
                .with("to", kPeer.bare())
                .with("type", "text")
                .with("peer_recipient_pn", *message.peer_recipient_pn)
                .add(Node("participants")
                         .add(Node("to")
                                  .with("jid", kPeer.bare())
                                  .add(Node("enc").with("v", "2").with("type", "msg").holding(Bytes{1})))
                         .add(Node("to")
                                  .with("jid", kPeer)
                                  .add(Node("enc").with("v", "2").with("type", "pkmsg").holding(Bytes{2}))))
                .add(Node("device-identity").holding(Bytes{9})));
}

TEST(DirectMessageTest, TheIdentityGoesOnlyWithACopyThatStartsASession) {
  DirectMessage message;
  message.to = kPeer.bare();
  message.copies = {{kPeer, false, {1}}};
  message.device_identity = {9};
  message.tctoken = {7};
  message.presentation = {"reaction", "image", "7", true};
  const Node stanza = to_stanza(message);
  EXPECT_EQ(stanza.child("device-identity"), nullptr);
  EXPECT_EQ(stanza.child("tctoken")->bytes()[0], 7);
  EXPECT_TRUE(stanza.attr_is("edit", "7"));
  const Node& enc = *stanza.child("participants")->first_child()->first_child();
  EXPECT_TRUE(enc.attr_is("mediatype", "image"));
  EXPECT_TRUE(enc.attr_is("decrypt-fail", "hide"));
}

TEST(PeerMessageTest, GoesToThePhoneAlone) {
  PeerMessage message;
  message.id = "3EB0AA";
  message.copy = {kOwn.bare(), true, {1}};
  message.device_identity = {9};
  message.push_priority = "high";
  const Node stanza = to_stanza(message);
  EXPECT_EQ(stanza.jid("to"), kOwn.bare());
  EXPECT_TRUE(stanza.attr_is("category", "peer"));
  EXPECT_TRUE(stanza.attr_is("push_priority", "high"));
  EXPECT_TRUE(stanza.child("meta")->attr_is("appdata", "default"));
  EXPECT_TRUE(stanza.child("enc")->attr_is("type", "pkmsg"));
  EXPECT_NE(stanza.child("device-identity"), nullptr);
  EXPECT_EQ(stanza.child("participants"), nullptr);
}

TEST(ResendTest, GoesToTheOneDeviceThatAsked) {
  Resend message;
  message.id = "3EB0AA";
  message.to = kPeer;
  message.original_time = 1763640000;
  message.count = 2;
  message.copy = {kPeer, true, {1}};
  message.device_identity = {9};
  const Node stanza = to_stanza(message);
  EXPECT_EQ(stanza.jid("to"), kPeer);
  EXPECT_TRUE(stanza.attr_is("device_fanout", "false"));
  EXPECT_TRUE(stanza.child("enc")->attr_is("count", "2"));
  EXPECT_NE(stanza.child("device-identity"), nullptr);
  message.to = *Jid::parse("120363021234567890@g.us");
  message.participant = kPeer;
  EXPECT_FALSE(to_stanza(message).has("device_fanout"));
}

TEST(ReceiptTest, DeliveryDependsOnWhetherTheClientIsInUse) {
  EXPECT_EQ(*delivery_receipt(incoming("message"), true), Node("receipt").with("id", "3EB0AA").with("to", kPeer));
  EXPECT_TRUE(delivery_receipt(incoming("message"), false)->attr_is("type", "inactive"));
  EXPECT_FALSE(delivery_receipt(Node("message").with("id", "1"), true));
}

TEST(ReceiptTest, OwnMessagesOfOtherDevicesAreReceiptedWithTheirRecipient) {
  const Node own = Node("message").with("id", "1").with("from", kOwn).with("recipient", kPeer);
  EXPECT_EQ(*sender_receipt(own),
            Node("receipt").with("id", "1").with("type", "sender").with("to", kOwn).with("recipient", kPeer.bare()));
  EXPECT_FALSE(sender_receipt(Node("message").with("id", "1").with("from", kOwn)));
}

TEST(ReceiptTest, ThePhoneGetsItsTwoKinds) {
  EXPECT_EQ(peer_receipt("1", kOwn), Node("receipt").with("id", "1").with("type", "peer_msg").with("to", kOwn.bare()));
  EXPECT_TRUE(history_receipt("1", kOwn).attr_is("type", "hist_sync"));
}

TEST(ReceiptTest, ReadReceiptsListFurtherIds) {
  const std::vector<std::string> ids = {"a", "b", "c"};
  const Jid group = *Jid::parse("120363021234567890@g.us");
  const Node read = read_receipt(group, kPeer, ids, 1763640000);
  EXPECT_TRUE(read.attr_is("id", "a") && read.attr_is("type", "read") && read.attr_is("t", "1763640000"));
  EXPECT_EQ(read.jid("participant"), kPeer.bare());
  ASSERT_EQ(read.child("list")->children().size(), 2U);
  EXPECT_TRUE(read.child("list")->children()[1].attr_is("id", "c"));
  const Node hidden = read_receipt(kPeer.bare(), std::nullopt, std::span(ids).first(1), 1, true);
  EXPECT_TRUE(hidden.attr_is("type", "read-self"));
  EXPECT_EQ(hidden.child("list"), nullptr);
}

TEST(ReceiptTest, EveryFormOfIncomingReceiptIsRead) {
  const auto single =
      parse_receipt(Node("receipt").with("id", "a").with("from", kPeer).with("t", 5).with("offline", "0"));
  ASSERT_TRUE(single.has_value());
  EXPECT_EQ(single->type, ReceiptType::delivered);
  EXPECT_TRUE(single->offline);
  ASSERT_EQ(single->entries.size(), 1U);
  EXPECT_EQ(single->entries[0].by, kPeer);
  EXPECT_EQ(single->entries[0].time, 5U);

  const Jid group = *Jid::parse("120363021234567890@g.us");
  const auto listed = parse_receipt(Node("receipt")
                                        .with("id", "a")
                                        .with("from", group)
                                        .with("participant", kPeer)
                                        .with("type", "read")
                                        .add(Node("list").add(Node("item").with("id", "b"))));
  ASSERT_TRUE(listed.has_value());
  EXPECT_EQ(listed->type, ReceiptType::read);
  ASSERT_EQ(listed->entries.size(), 2U);
  EXPECT_EQ(listed->entries[1].message_id, "b");
  EXPECT_EQ(listed->entries[1].by, kPeer);

  const auto grouped =
      parse_receipt(Node("receipt")
                        .with("from", group)
                        .with("type", "read")
                        .add(Node("participants").with("key", "a").add(Node("user").with("jid", kPeer).with("t", 7)))
                        .add(Node("participants").with("key", "b").add(Node("user").with("jid", kPeer.bare()))));
  ASSERT_TRUE(grouped.has_value());
  ASSERT_EQ(grouped->entries.size(), 2U);
  EXPECT_EQ(grouped->entries[0].time, 7U);
  EXPECT_EQ(grouped->entries[1].message_id, "b");
}

TEST(ReceiptTest, TypesAreKnownByName) {
  const auto type = [](const char* name) {
    return parse_receipt(Node("receipt").with("id", "a").with("from", kPeer).with("type", name))->type;
  };
  EXPECT_EQ(type("inactive"), ReceiptType::inactive);
  EXPECT_EQ(type("played"), ReceiptType::played);
  EXPECT_EQ(type("sender"), ReceiptType::sender);
  EXPECT_EQ(type("read-self"), ReceiptType::read_self);
  EXPECT_EQ(type("retry"), ReceiptType::retry);
  EXPECT_EQ(type("server-error"), ReceiptType::server_error);
  EXPECT_EQ(type("enc_rekey_retry"), ReceiptType::other);
}

TEST(ReceiptTest, HostileReceiptsAreRefused) {
  const Node good = Node("receipt").with("from", kPeer);
  for (const Node& bad : {Node("message").with("id", "a").with("from", kPeer), Node("receipt").with("id", "a"), good,
                          Node(good).with("id", ""), Node(good).with("id", "a").with("participant", "nobody"),
                          Node(good).with("id", "a").add(Node("list").add(Node("item"))),
                          Node(good).with("id", "a").add(Node("participants")),
                          Node(good).with("id", "a").add(Node("participants").with("key", "a")),
                          Node(good).add(Node("participants").with("key", "a").add(Node("user")))})
    EXPECT_EQ(parse_receipt(bad).error(), Errc::malformed_message) << outline(bad);
}

TEST(OfflineTest, StanzasOfTheQueue) {
  const Node preview =
      Node("ib")
          .with("from", server_jid())
          .add(
              Node("offline_preview").with("count", 5).with("message", 2).with("receipt", 1).with("notification", "x"));
  const auto read = offline_preview(preview);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->total, 5U);
  EXPECT_EQ(read->messages, 2U);
  EXPECT_EQ(read->notifications, 0U);
  EXPECT_FALSE(offline_end(preview));
  EXPECT_EQ(offline_end(Node("ib").add(Node("offline").with("count", "99999999999"))), 4294967295U);
  EXPECT_FALSE(offline_preview(Node("iq").add(Node("offline_preview"))));
  EXPECT_EQ(offline_batch(), Node("ib").add(Node("offline_batch").with("count", "100")));
  EXPECT_NE(active_request("1").child("active"), nullptr);
}

}  // namespace
}  // namespace linekeeper::transport::message
