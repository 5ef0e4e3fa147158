#include "phone.hpp"

#include <gtest/gtest.h>

#include "linekeeper/crypto/cipher.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "linekeeper/crypto/hkdf.hpp"
#include "linekeeper/message/device_sent.hpp"
#include "phone_settings.hpp"
#include "wire/app_state.pb.h"
#include "wire/message.pb.h"
#include "world.hpp"

namespace linekeeper::sandbox {
namespace {

const std::string kAda = "491701111111";
const std::string kBob = "491702222222";

/// Decrypts a stanza that the client was sent by this device.
wire::Message open(TestClient& client, const Node& stanza, const Jid& author) {
  const Node* enc = stanza.child("enc");
  const auto type = transport::signal::cipher_type_from(*enc->attr("type"));
  const auto plain = client.ratchets.decrypt(author, *type, enc->bytes());
  wire::Message content;
  EXPECT_TRUE(plain);
  if (plain) {
    EXPECT_TRUE(content.ParseFromArray(plain->data(), static_cast<int>(plain->size())));
  }
  return content;
}

std::vector<Node> messages(TestClient& client) {
  std::vector<Node> out;
  for (const Node& stanza : client.heard())
    if (stanza.tag == "message") out.push_back(stanza);
  return out;
}

TEST(PhoneTest, AFreshCompanionGetsKeyAndHistoryAfterItsFirstQueue) {
  World world;
  const auto client = world.client();
  client->pair(kAda);
  client->upload_keys(10);
  client->activate();
  std::vector<std::string> order;
  for (const Node& stanza : client->heard())
    if (stanza.tag == "message" || stanza.child("offline") != nullptr) order.push_back(stanza.tag);
  EXPECT_EQ(order, (std::vector<std::string>{"ib", "message", "message"}));

  const auto got = messages(*client);
  const Jid phone = client->lid().bare();
  const auto key = open(*client, got[0], phone);
  EXPECT_EQ(key.protocol_message().type(), wire::ProtocolMessage::APP_STATE_SYNC_KEY_SHARE);
  const auto history = open(*client, got[1], phone);
  EXPECT_EQ(history.protocol_message().type(), wire::ProtocolMessage::HISTORY_SYNC_NOTIFICATION);
  EXPECT_FALSE(history.protocol_message().history_sync_notification().initial_hist_bootstrap_inline_payload().empty());
  for (const Node& stanza : got) {
    EXPECT_TRUE(stanza.attr_is("category", "peer"));
    EXPECT_TRUE(stanza.attr_is("notify", "Phone " + kAda));
    EXPECT_EQ(stanza.jid("from"), client->pn().bare());
  }
}

/// What whatsmeow does with the patch, step by step.
TEST(PhoneTest, ItsNameStandsInTheAppState) {
  World world;
  const auto client = world.paired(kAda);
  client->disconnect();
  client->connect();
  const Node asked = Node("collection").with("name", "critical_block").with("return_snapshot", "true");
  const Node answer = client->ask("set", "w:sync:app:state", {Node("sync").add(asked)});
  const Node* collection = answer.child("sync")->child("collection");
  EXPECT_TRUE(collection->attr_is("version", "1"));
  wire::SyncdPatch patch;
  const ByteView bytes = collection->child("patches")->children()[0].bytes();
  ASSERT_TRUE(patch.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  EXPECT_EQ(patch.version().version(), 1U);
}

TEST(PhoneSettingsTest, ANamePatchOpensAndItsMacsHold) {
  Key32 key{};
  key[0] = 7;
  const Bytes id{0, 0, 1, 2, 3, 4};
  const std::string collection(kNameCollection);
  wire::SyncdPatch patch;
  ASSERT_TRUE(patch.ParseFromString(to_text(name_patch(key, id, "Ada", 1'000))));
  const Bytes keys = crypto::hkdf_sha256(key, {}, as_bytes("WhatsApp Mutation Keys"), 160);
  const auto part = [&](std::size_t i) { return ByteView(keys).subspan(32 * i, 32); };
  const std::string& blob = patch.mutations(0).record().value().blob();
  const ByteView value = as_bytes(blob);
  const ByteView sealed = value.first(value.size() - 32);
  const ByteView mac = value.last(32);

  const Bytes length{0, 0, 0, 0, 0, 0, 0, 7};
  const auto expected = crypto::hmac_sha512(part(2), concat(Bytes{1}, id, sealed, length));
  EXPECT_EQ(to_bytes(mac), to_bytes(ByteView(expected).first(32)));
  const auto plain = crypto::aes256_cbc_decrypt(part(1), sealed.first(16), sealed.subspan(16));
  ASSERT_TRUE(plain);
  wire::SyncActionData data;
  ASSERT_TRUE(data.ParseFromArray(plain->data(), static_cast<int>(plain->size())));
  EXPECT_EQ(data.value().push_name_setting().name(), "Ada");
  EXPECT_EQ(to_bytes(as_bytes(patch.mutations(0).record().index().blob())),
            to_bytes(crypto::hmac_sha256(part(0), as_bytes(data.index()))));

  const Bytes sum = crypto::hkdf_sha256(mac, {}, as_bytes("WhatsApp Patch Integrity"), 128);
  const Bytes version{0, 0, 0, 0, 0, 0, 0, 1};
  const auto snapshot = crypto::hmac_sha256(part(3), concat(sum, version, as_bytes(collection)));
  EXPECT_EQ(patch.snapshot_mac(), to_text(snapshot));
  EXPECT_EQ(patch.patch_mac(),
            to_text(crypto::hmac_sha256(part(4), concat(snapshot, mac, version, as_bytes(collection)))));
}

TEST(PhoneTest, TheyComeOnce) {
  World world;
  const auto client = world.paired(kAda);
  client->disconnect();
  client->connect();
  client->activate();
  EXPECT_TRUE(messages(*client).empty());
}

TEST(PhoneTest, EachCanBeWithheld) {
  World world;
  Fault fault;
  fault.kind = "phone";
  fault.parameters["without"] = "history";
  std::string why;
  ASSERT_TRUE(world.core().faults.add(fault, why)) << why;
  const auto client = world.client();
  client->pair(kAda);
  client->activate();
  EXPECT_EQ(messages(*client).size(), 1U);
}

class PhoneMailTest : public testing::Test {
 protected:
  World world;
  std::unique_ptr<TestClient> ada = world.paired(kAda);
  std::unique_ptr<TestClient> bob = world.paired(kBob);
};

TEST_F(PhoneMailTest, ATextReachesTheOtherPhoneItsCompanionAndTheOwnOne) {
  Phone& phone = *ada->account().phone;
  const std::string id = phone.send_text(world.core(), bob->pn().bare(), "hello");
  ASSERT_FALSE(id.empty());
  ASSERT_EQ(bob->account().phone->inbox().size(), 1U);
  EXPECT_EQ(bob->account().phone->inbox().front().text, "hello");

  const Node got = bob->expect("message");
  EXPECT_EQ(got.jid("from"), ada->pn().bare());
  EXPECT_EQ(open(*bob, got, ada->lid().bare()).conversation(), "hello");

  const Node copy = ada->expect("message");
  EXPECT_EQ(copy.jid("recipient"), bob->pn().bare());
  const auto own = open(*ada, copy, ada->lid().bare());
  ASSERT_TRUE(own.has_device_sent_message());
  EXPECT_EQ(own.device_sent_message().message().conversation(), "hello");
}

TEST_F(PhoneMailTest, ACompanionsTextIsReadByPhonesOnBothSides) {
  Phone& adas = *ada->account().phone;
  Phone& bobs = *bob->account().phone;
  wire::Message content;
  content.set_conversation("from a companion");
  const std::string text = content.SerializeAsString();
  const Bytes plain(text.begin(), text.end());
  const Jid chat = bob->pn().bare();
  Node participants("participants");
  const auto add = [&](Phone& phone, const Jid& to, const Jid& address, const Bytes& plaintext) {
    ASSERT_TRUE(ada->ratchets.start_session(address, phone.bundle()));
    const auto sealed = ada->ratchets.encrypt(address, plaintext);
    participants.add(Node("to").with("jid", to).add(
        Node("enc").with("v", 2).with("type", transport::signal::name(sealed->type)).holding_bytes(sealed->bytes)));
  };
  add(bobs, chat, bob->lid().bare(), plain);
  add(adas, ada->pn().bare(), ada->lid().bare(), transport::message::wrap_device_sent(chat, plain));
  ada->say(Node("message").with("id", "M1").with("to", chat).with("type", "text").add(std::move(participants)));

  ASSERT_EQ(bobs.inbox().size(), 1U);
  EXPECT_EQ(bobs.inbox().front().text, "from a companion");
  EXPECT_FALSE(bobs.inbox().front().own);
  ASSERT_EQ(adas.inbox().size(), 1U);
  EXPECT_TRUE(adas.inbox().front().own);
  EXPECT_EQ(adas.inbox().front().chat, chat);
}

TEST_F(PhoneMailTest, WhatAPhoneCannotReadIsCountedAndNotAnswered) {
  ada->send_text(bob->pn().bare(), {bob->pn().bare()}, "M1");
  EXPECT_EQ(bob->account().phone->undecryptable(), 1U);
  EXPECT_EQ(world.core().counters.phone_undecryptable, 1U);
  EXPECT_FALSE(ada->was_told("receipt"));
}

TEST_F(PhoneMailTest, ReadingTellsTheAuthorOnce) {
  ada->account().phone->send_text(world.core(), bob->pn().bare(), "one");
  ada->account().phone->send_text(world.core(), bob->pn().bare(), "two");
  ada->hears();
  EXPECT_EQ(bob->account().phone->read_all(world.core()), 2U);
  const Node receipt = ada->expect("receipt", "list");
  EXPECT_TRUE(receipt.attr_is("type", "read"));
  EXPECT_EQ(receipt.jid("from"), bob->pn().bare());
  EXPECT_EQ(bob->account().phone->read_all(world.core()), 0U);
}

TEST_F(PhoneMailTest, ARetryIsAnsweredInANewSession) {
  const std::string id = ada->account().phone->send_text(world.core(), bob->pn().bare(), "again please");
  bob->hears();
  bob->ratchets.forget(ada->lid().bare());
  bob->say(Node("receipt")
               .with("id", id)
               .with("to", ada->pn().bare())
               .with("type", "retry")
               .add(Node("retry").with("id", id).with("count", 2).with("t", 1).with("v", 1)));
  const Node again = bob->expect("message");
  EXPECT_TRUE(again.attr_is("id", id));
  EXPECT_TRUE(again.child("enc")->attr_is("count", "2"));
  EXPECT_TRUE(again.child("enc")->attr_is("type", "pkmsg"));
  EXPECT_EQ(open(*bob, again, ada->lid().bare()).conversation(), "again please");
}

TEST_F(PhoneMailTest, ReceiptsForThePhonesTextsAreCounted) {
  Phone& phone = *ada->account().phone;
  const std::string id = phone.send_text(world.core(), bob->pn().bare(), "seen?");
  bob->say(Node("receipt").with("id", id).with("to", ada->pn().bare()));
  bob->say(Node("receipt").with("id", id).with("to", ada->pn().bare()).with("type", "read"));
  EXPECT_EQ(phone.sent().back().delivered, 1U);
  EXPECT_EQ(phone.sent().back().read, 1U);
}

}  // namespace
}  // namespace linekeeper::sandbox
