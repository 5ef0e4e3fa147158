#include "linekeeper/message/envelope.hpp"

#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::transport::message {
namespace {

Jid jid(std::string_view text) {
  return Jid::parse(text).value();
}

const OwnAddresses kOwn = {jid("15550009999:3@s.whatsapp.net"), jid("100000000000009:3@lid")};

Node enc(std::string_view type, std::uint8_t content, std::string_view version = "2") {
  return Node("enc").with("v", version).with("type", type).holding(Bytes{content});
}

Node message(std::string_view from) {
  return Node("message").with("id", "3EB0AA").with("from", jid(from)).with("t", 1763640000).with("type", "text");
}

TEST(EnvelopeTest, APersonsMessageWithBothAddresses) {
  const Node stanza = message("100000000000002:4@lid")
                          .with("sender_pn", jid("15550002222@s.whatsapp.net"))
                          .with("notify", "Bob")
                          .with("offline", "1")
                          .add(enc("pkmsg", 1))
                          .add(Node("device-identity").holding(Bytes{9}));
  const auto e = parse_envelope(stanza, kOwn);
  ASSERT_TRUE(e.has_value());
  EXPECT_EQ(e->kind, MessageKind::direct);
  EXPECT_EQ(e->sender.str(), "100000000000002:4@lid");
  EXPECT_EQ(e->chat.str(), "100000000000002@lid");
  EXPECT_EQ(e->sender_alternative->str(), "15550002222:4@s.whatsapp.net");
  EXPECT_EQ(e->push_name, "Bob");
  EXPECT_EQ(e->time, 1763640000U);
  EXPECT_TRUE(e->offline);
  ASSERT_EQ(e->sealed.size(), 1U);
  EXPECT_EQ(e->sealed[0].cipher, Cipher::prekey);
  EXPECT_EQ(e->sealed[0].bytes[0], 1);
  EXPECT_EQ(e->device_identity[0], 9);
}

TEST(EnvelopeTest, WhatAnotherOwnDeviceSentBelongsToItsRecipient) {
  const Node stanza = message("100000000000009:1@lid")
                          .with("recipient", jid("100000000000002@lid"))
                          .with("peer_recipient_pn", jid("15550002222@s.whatsapp.net"))
                          .add(enc("msg", 1));
  const auto e = parse_envelope(stanza, kOwn);
  ASSERT_TRUE(e.has_value());
  EXPECT_EQ(e->kind, MessageKind::own_device);
  EXPECT_EQ(e->chat.str(), "100000000000002@lid");
  EXPECT_EQ(e->chat_alternative->str(), "15550002222@s.whatsapp.net");
  EXPECT_EQ(e->sender.str(), "100000000000009:1@lid");
}

TEST(EnvelopeTest, AStrangersRecipientChangesNothing) {
  const auto e = parse_envelope(message("1@lid").with("recipient", jid("2@lid")), kOwn);
  ASSERT_TRUE(e.has_value());
  EXPECT_EQ(e->kind, MessageKind::direct);
  EXPECT_EQ(e->chat.str(), "1@lid");
}

TEST(EnvelopeTest, PeerMessagesCountOnlyFromTheOwnAccount) {
  EXPECT_EQ(parse_envelope(message("15550009999@s.whatsapp.net").with("category", "peer"), kOwn)->kind,
            MessageKind::peer);
  EXPECT_EQ(parse_envelope(message("1@lid").with("category", "peer"), kOwn)->kind, MessageKind::direct);
  EXPECT_EQ(parse_envelope(message("15550009999@s.whatsapp.net"), kOwn)->kind, MessageKind::own_device);
}

TEST(EnvelopeTest, GroupKeysComeBeforeWhatTheyOpen) {
  const Node stanza = message("120363021234567890@g.us")
                          .with("participant", jid("100000000000002:4@lid"))
                          .with("participant_pn", jid("15550002222:4@s.whatsapp.net"))
                          .with("addressing_mode", "lid")
                          .add(enc("skmsg", 2))
                          .add(enc("msg", 1).with("count", 3));
  const auto e = parse_envelope(stanza, kOwn);
  ASSERT_TRUE(e.has_value());
  EXPECT_EQ(e->kind, MessageKind::group);
  EXPECT_EQ(e->chat.str(), "120363021234567890@g.us");
  EXPECT_EQ(e->sender.str(), "100000000000002:4@lid");
  EXPECT_EQ(e->sender_alternative->str(), "15550002222:4@s.whatsapp.net");
  EXPECT_EQ(e->addressing_mode, "lid");
  ASSERT_EQ(e->sealed.size(), 2U);
  EXPECT_EQ(e->sealed[0].cipher, Cipher::session);
  EXPECT_EQ(e->sealed[0].retry, 3U);
  EXPECT_EQ(e->sealed[1].cipher, Cipher::sender_key);
}

TEST(EnvelopeTest, OfCopiesForSeveralDevicesOnlyOursCounts) {
  const Node stanza =
      message("1@lid").add(Node("participants")
                               .add(Node("to").with("jid", jid("100000000000009:1@lid")).add(enc("msg", 1)))
                               .add(Node("to").with("jid", jid("100000000000009:3@lid")).add(enc("msg", 2)))
                               .add(Node("to").with("jid", jid("5:3@lid")).add(enc("msg", 3))));
  const auto e = parse_envelope(stanza, kOwn);
  ASSERT_TRUE(e.has_value());
  ASSERT_EQ(e->sealed.size(), 1U);
  EXPECT_EQ(e->sealed[0].bytes[0], 2);
}

TEST(EnvelopeTest, HostedSendersGoByTheirUsersAddress) {
  const auto e = parse_envelope(message("15550002222:99@hosted"), kOwn);
  ASSERT_TRUE(e.has_value());
  EXPECT_EQ(e->from.str(), "15550002222:99@hosted");
  EXPECT_EQ(e->sender.str(), "15550002222:99@s.whatsapp.net");
  EXPECT_EQ(e->chat.str(), "15550002222@s.whatsapp.net");
}

TEST(EnvelopeTest, ForeignCiphersAndAbsentContentAreNamed) {
  const auto other = parse_envelope(message("1@lid").add(enc("msmsg", 1)).add(enc("msg", 1, "3")), kOwn);
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(other->sealed[0].cipher, Cipher::other);
  EXPECT_EQ(other->sealed[1].cipher, Cipher::other);
  const auto absent = parse_envelope(message("1@lid").add(Node("unavailable").with("type", "view_once")), kOwn);
  EXPECT_EQ(absent->unavailable, "view_once");
}

TEST(EnvelopeTest, StatusAndChannels) {
  EXPECT_EQ(parse_envelope(message("status@broadcast").with("participant", jid("1:2@lid")), kOwn)->kind,
            MessageKind::broadcast);
  EXPECT_EQ(parse_envelope(message("120363144038483540@newsletter"), kOwn)->kind, MessageKind::newsletter);
}

TEST(EnvelopeTest, HostileStanzasAreRefused) {
  for (const Node& bad :
       {Node("receipt").with("id", "1").with("from", jid("1@lid")), Node("message").with("from", jid("1@lid")),
        Node("message").with("id", "").with("from", jid("1@lid")), Node("message").with("id", "1"),
        Node("message").with("id", "1").with("from", "nobody"),
        Node("message").with("id", "1").with("from", server_jid()), message("1@lid").with("recipient", "nobody"),
        message("1@lid").with("recipient", server_jid()), message("120363021234567890@g.us"),
        message("120363021234567890@g.us").with("participant", server_jid()),
        message("120363021234567890@g.us").with("participant", "x"), message("status@broadcast")})
    EXPECT_EQ(parse_envelope(bad, kOwn).error(), Errc::malformed_message) << outline(bad);
}

}  // namespace
}  // namespace linekeeper::transport::message
