#include "linekeeper/message/retry.hpp"

#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/node/codec.hpp"
#include "messaging_vectors.hpp"

namespace linekeeper::transport::message {
namespace {

const Jid kPeer = *Jid::parse("100000000000002:4@lid");

Bundle keys() {
  const auto& v = vectors::messaging().at("prekeys");
  Bundle out;
  out.device = {v.at("registration_id").get<std::uint32_t>(),
                vectors::fixed<32>(v.at("identity").at("public_raw")),
                {5, vectors::fixed<32>(v.at("signed_prekey").at("public_raw")),
                 vectors::fixed<64>(v.at("signed_prekey").at("signature"))}};
  out.prekey = PublicPreKey{77, vectors::fixed<32>(v.at("one_time_prekeys")[0].at("public_raw"))};
  out.device_identity = {1, 2, 3};
  return out;
}

Node message() {
  return Node("message").with("id", "3EB0AA").with("from", kPeer).with("t", 1763640000).with("category", "peer");
}

/// What this device would ask, as the other side receives it.
Node received(const RetryAsk& ask) {
  Node receipt = *retry_receipt(message(), ask);
  for (Attribute& attribute : receipt.attrs) {
    if (attribute.key == "to") attribute.key = "from";
  }
  return receipt;
}

TEST(RetryTest, AsksWithoutKeysFirst) {
  const auto receipt = retry_receipt(message().with("participant", kPeer), {1, 3085, std::nullopt, std::nullopt});
  ASSERT_TRUE(receipt);
  EXPECT_EQ(*receipt, Node("receipt")
                          .with("id", "3EB0AA")
                          .with("to", kPeer)
                          .with("type", "retry")
                          .with("participant", kPeer)
                          .with("category", "peer")
                          .add(Node("retry").with("count", 1).with("id", "3EB0AA").with("t", 1763640000).with("v", "1"))
                          .add(Node("registration").holding(Bytes{0, 0, 0x0c, 0x0d})));
  EXPECT_FALSE(retry_receipt(Node("message").with("id", "1"), {}));
}

TEST(RetryTest, WhatIsAskedIsUnderstood) {
  const auto plain = parse_retry(received({1, 3085, RetryReason::no_session, std::nullopt}));
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->message_id, "3EB0AA");
  EXPECT_EQ(plain->count, 1U);
  EXPECT_EQ(plain->original_time, 1763640000U);
  EXPECT_EQ(plain->registration_id, 3085U);
  EXPECT_EQ(plain->requester(), kPeer);
  EXPECT_FALSE(plain->keys);
  const auto wire = decode(encode(received({2, 3085, std::nullopt, keys()})));
  ASSERT_TRUE(wire.has_value());
  const auto full = parse_retry(*wire);
  ASSERT_TRUE(full.has_value());
  ASSERT_TRUE(full->keys);
  EXPECT_EQ(full->keys->device.identity, keys().device.identity);
  EXPECT_EQ(full->keys->device.registration_id, 3085U);
  EXPECT_EQ(full->keys->prekey, keys().prekey);
  EXPECT_EQ(full->keys->device_identity, keys().device_identity);
}

TEST(RetryTest, APrekeyWithItsTypeByteIsAcceptedHere) {
  Node receipt = received({2, 3085, std::nullopt, keys()});
  Bytes value = {5};
  append(value, keys().prekey->value);
  for (Node& child : std::get<std::vector<Node>>(receipt.content)) {
    if (child.tag != "keys") continue;
    for (Node& piece : std::get<std::vector<Node>>(child.content)) {
      if (piece.tag == "key") std::get<std::vector<Node>>(piece.content)[1].content = value;
    }
  }
  EXPECT_EQ(parse_retry(receipt)->keys->prekey, keys().prekey);
}

TEST(RetryTest, KeysThatDoNotBelongTogetherAreRefused) {
  Bundle forged = keys();
  forged.device.identity[3] ^= 1;
  EXPECT_EQ(parse_retry(received({2, 1, std::nullopt, forged})).error(), Errc::bad_signature);
}

TEST(RetryTest, HostileReceiptsAreRefused) {
  const Node registration = Node("registration").holding(Bytes(4));
  const Node head = Node("receipt").with("id", "a").with("from", kPeer).with("type", "retry");
  const Node retry = Node("retry").with("count", 1);
  ASSERT_TRUE(parse_retry(Node(head).add(retry).add(registration)).has_value());
  for (const Node& bad :
       {Node(head).add(registration), Node(head).add(retry), Node(head).add(Node("retry")).add(registration),
        Node(head).add(Node("retry").with("count", 0)).add(registration),
        Node(head).add(Node("retry").with("count", 256)).add(registration),
        Node(head).add(retry).add(Node("registration").holding(Bytes(3))),
        Node(head).add(retry).add(registration).add(Node("keys")),
        Node(head).with("participant", "x").add(retry).add(registration),
        Node("receipt").with("from", kPeer).with("type", "retry").add(retry).add(registration),
        Node("receipt").with("id", "a").with("from", kPeer).add(retry).add(registration)})
    EXPECT_EQ(parse_retry(bad).error(), Errc::malformed_message) << outline(bad);
}

}  // namespace
}  // namespace linekeeper::transport::message
