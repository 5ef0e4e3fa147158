#include "linekeeper/message/prekeys.hpp"

#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/message/bundle.hpp"
#include "linekeeper/message/iq.hpp"
#include "messaging_vectors.hpp"

namespace linekeeper::transport::message {
namespace {

const auto& vector() {
  return vectors::messaging().at("prekeys");
}

DeviceKeys device() {
  const auto& v = vector();
  return {
      v.at("registration_id").get<std::uint32_t>(),
      vectors::fixed<32>(v.at("identity").at("public_raw")),
      {v.at("signed_prekey").at("id").get<std::uint32_t>(), vectors::fixed<32>(v.at("signed_prekey").at("public_raw")),
       vectors::fixed<64>(v.at("signed_prekey").at("signature"))}};
}

std::vector<PublicPreKey> prekeys() {
  std::vector<PublicPreKey> out;
  for (const auto& key : vector().at("one_time_prekeys"))
    out.push_back({key.at("id").get<std::uint32_t>(), vectors::fixed<32>(key.at("public_raw"))});
  return out;
}

Node result() {
  return Node("iq").with("from", server_jid()).with("type", "result").with("id", "1");
}

/// A bundle as the server hands it out, with one child left out or replaced.
Node bundle_user(std::string_view without = {}, std::optional<Node> instead = std::nullopt) {
  const Node upload = upload_request("1", device(), prekeys());
  Node user = Node("user").with("jid", *Jid::parse("100000000000002:4@lid"));
  std::vector<Node> children = {*upload.child("registration"),
                                *upload.child("type"),
                                *upload.child("identity"),
                                *upload.child("skey"),
                                *upload.child("list")->first_child(),
                                Node("device-identity").holding_bytes(as_bytes("adv"))};
  for (Node& child : children) {
    if (child.tag != without) user.add(std::move(child));
  }
  if (instead) user.add(std::move(*instead));
  return user;
}

Result<Bundle> parsed(Node user) {
  const auto all = parse_bundles(result().add(Node("list").add(std::move(user))));
  return all.value().at(0).bundle;
}

TEST(PreKeysTest, UploadHasTheRecordedPiecesInTheUsualOrder) {
  const Node iq = upload_request("7", device(), prekeys());
  EXPECT_TRUE(iq.attr_is("type", "set") && iq.attr_is("xmlns", "encrypt") && iq.attr_is("to", "s.whatsapp.net"));
  std::vector<std::string> tags;
  for (const Node& child : iq.children())
    tags.push_back(child.tag);
  EXPECT_EQ(tags, (std::vector<std::string>{"registration", "type", "identity", "list", "skey"}));
  EXPECT_EQ(to_hex(iq.child("registration")->bytes()), vector().at("registration_node").get<std::string>());
  EXPECT_EQ(to_hex(iq.child("type")->bytes()), vector().at("type_node").get<std::string>());
  const Node& skey = *iq.child("skey");
  EXPECT_EQ(to_hex(skey.child("id")->bytes()), vector().at("signed_prekey").at("id_node").get<std::string>());
  EXPECT_EQ(to_hex(skey.child("value")->bytes()), vector().at("signed_prekey").at("public_raw").get<std::string>());
  EXPECT_EQ(to_hex(skey.child("signature")->bytes()), vector().at("signed_prekey").at("signature").get<std::string>());
  const auto keys = iq.child("list")->children();
  const auto& recorded = vector().at("one_time_prekeys");
  ASSERT_EQ(keys.size(), recorded.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(to_hex(keys[i].child("id")->bytes()), recorded[i].at("id_node").get<std::string>());
    EXPECT_EQ(to_hex(keys[i].child("value")->bytes()), recorded[i].at("public_raw").get<std::string>());
  }
}

TEST(PreKeysTest, DigestMatchesTheRecordedOne) {
  EXPECT_EQ(to_hex(digest_of(device(), prekeys())), vector().at("digest_sha1").get<std::string>());
}

TEST(PreKeysTest, DigestAnswerIsRead) {
  const Node upload = upload_request("1", device(), prekeys());
  Node list("list");
  for (const Node& key : upload.child("list")->children())
    list.add(*key.child("id"));
  const Node digest = Node("digest")
                          .add(*upload.child("registration"))
                          .add(*upload.child("type"))
                          .add(*upload.child("identity"))
                          .add(*upload.child("skey"))
                          .add(std::move(list))
                          .add(Node("hash").holding_bytes(digest_of(device(), prekeys())));
  const auto answer = parse_digest(result().add(digest));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->device.registration_id, device().registration_id);
  EXPECT_EQ(answer->prekey_ids, (std::vector<std::uint32_t>{77, 78, 79}));
  EXPECT_EQ(answer->hash, digest_of(device(), prekeys()));
  EXPECT_EQ(parse_digest(result()).error(), Errc::malformed_message);
  EXPECT_EQ(parse_digest(result().add(Node("digest"))).error(), Errc::malformed_message);
}

TEST(PreKeysTest, CountIsReadAndBounded) {
  EXPECT_EQ(parse_count(result().add(Node("count").with("value", 42))).value(), 42U);
  EXPECT_EQ(parse_count(result().add(Node("count"))).value(), 0U);
  EXPECT_EQ(parse_count(result().add(Node("count").with("value", "many"))).error(), Errc::malformed_message);
  EXPECT_EQ(parse_count(result().add(Node("count").with("value", "4294967296"))).error(), Errc::malformed_message);
  EXPECT_EQ(parse_count(result()).error(), Errc::malformed_message);
  const Node refused = Node("iq").with("type", "error").add(Node("error").with("code", 503).with("backoff", 60));
  EXPECT_EQ(parse_count(refused).error(), Errc::iq_error);
  EXPECT_EQ(error_in(refused)->code, 503U);
  EXPECT_EQ(error_in(refused)->backoff_seconds, 60U);
}

TEST(PreKeysTest, NotificationsSayWhenKeysRunLow) {
  const Node low = Node("notification").with("type", "encrypt").add(Node("count").with("value", 3));
  EXPECT_EQ(low_prekeys(low), 3U);
  EXPECT_FALSE(asks_for_digest(low));
  EXPECT_FALSE(low_prekeys(Node("notification").with("type", "picture").add(Node("count").with("value", 3))));
  EXPECT_TRUE(asks_for_digest(Node("notification").with("type", "encrypt").add(Node("digest"))));
}

TEST(BundleTest, IsReadWithAndWithoutItsOptionalParts) {
  const auto full = parsed(bundle_user());
  ASSERT_TRUE(full.has_value());
  EXPECT_EQ(full->device.identity, device().identity);
  EXPECT_EQ(full->device.signed_prekey, device().signed_prekey);
  EXPECT_EQ(full->prekey, prekeys().front());
  EXPECT_EQ(as_text(full->device_identity), "adv");
  const auto spare = parsed(bundle_user("key"));
  ASSERT_TRUE(spare.has_value());
  EXPECT_FALSE(spare->prekey);
}

TEST(BundleTest, IsReadFromInsideAWrapper) {
  Node user = bundle_user();
  Node keys("keys");
  keys.content = user.content;
  user.content = std::vector<Node>{*keys.child("registration"), keys};
  EXPECT_TRUE(parsed(std::move(user)).has_value());
}

TEST(BundleTest, MissingOrMisshapenPiecesAreRefused) {
  for (const auto* tag : {"registration", "type", "identity", "skey"}) {
    EXPECT_EQ(parsed(bundle_user(tag)).error(), Errc::malformed_message) << tag;
    EXPECT_EQ(parsed(bundle_user(tag, Node(tag).holding_bytes(Bytes(33)))).error(), Errc::malformed_message) << tag;
  }
  EXPECT_EQ(parsed(bundle_user("key", Node("key"))).error(), Errc::malformed_message);
  EXPECT_EQ(parsed(bundle_user("type", Node("type").holding(Bytes{6}))).error(), Errc::malformed_message);
}

TEST(BundleTest, AForgedSignatureIsRefused) {
  EXPECT_EQ(parsed(bundle_user("identity", Node("identity").holding(Bytes(32, 9)))).error(), Errc::bad_signature);
}

TEST(BundleTest, OneBadDeviceDoesNotSpoilTheOthers) {
  const Node missing = Node("user")
                           .with("jid", *Jid::parse("1:9@lid"))
                           .add(Node("error").with("code", 404).with("text", "item-not-found"));
  const auto all = parse_bundles(result().add(Node("list").add(missing).add(bundle_user()).add(Node("user"))));
  ASSERT_TRUE(all.has_value());
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].bundle.error(), Errc::iq_error);
  EXPECT_EQ((*all)[0].error->code, 404U);
  EXPECT_TRUE((*all)[1].bundle.has_value());
}

TEST(BundleTest, AsksForAllDevicesAtOnce) {
  const std::vector<Jid> devices = {*Jid::parse("1@lid"), *Jid::parse("1:4@lid")};
  const Node plain = bundle_request("5", devices);
  ASSERT_EQ(plain.child("key")->children().size(), 2U);
  EXPECT_EQ(plain.child("key")->children()[1].jid("jid"), devices[1]);
  EXPECT_FALSE(plain.child("key")->children()[0].has("reason"));
  EXPECT_TRUE(bundle_request("5", devices, true).child("key")->children()[0].attr_is("reason", "identity"));
}

}  // namespace
}  // namespace linekeeper::transport::message
