#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/message/content.hpp"
#include "linekeeper/message/device_sent.hpp"
#include "linekeeper/message/lid_mapping.hpp"
#include "messaging_vectors.hpp"
#include "wire/history.pb.h"
#include "wire/message.pb.h"

namespace linekeeper::transport::message {
namespace {

wire::Message sample(const std::string& name) {
  for (const auto& item : vectors::messaging().at("protobuf_samples").at("messages")) {
    if (item.at("name") != name) continue;
    wire::Message message;
    const Bytes bytes = vectors::hex(item.at("hex"));
    EXPECT_TRUE(message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    return message;
  }
  ADD_FAILURE() << "no sample called " << name;
  return {};
}

TEST(ProtobufTest, EverySampleParsesAndSurvivesTheWayBack) {
  const auto& samples = vectors::messaging().at("protobuf_samples").at("messages");
  ASSERT_EQ(samples.size(), 21U);
  for (const auto& item : samples) {
    SCOPED_TRACE(item.at("name").get<std::string>());
    const Bytes bytes = vectors::hex(item.at("hex"));
    wire::Message message;
    ASSERT_TRUE(message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    EXPECT_TRUE(message.unknown_fields().empty());
    // Ascending order, as the samples were written: the same bytes again.
    EXPECT_EQ(to_hex(as_bytes(message.SerializeAsString())), item.at("hex").get<std::string>());
  }
}

TEST(ProtobufTest, FieldsOfTheFutureAreKept) {
  const std::string known = sample("conversation").SerializeAsString();
  const std::string extended = known +
                               "\xfa\x7f\x03"
                               "abc";  // field 2047
  wire::Message message;
  ASSERT_TRUE(message.ParseFromString(extended));
  EXPECT_EQ(message.SerializeAsString(), extended);
}

TEST(ProtobufTest, ContentIsNamed) {
  const std::map<std::string, std::pair<std::string, std::string>> expected = {
      {"conversation", {"text", "hello"}},
      {"conversation + messageContextInfo", {"text", "hello"}},
      {"extendedText reply", {"text", "a reply"}},
      {"extendedText expiring", {"text", "gone in a week"}},
      {"image", {"image", "cap"}},
      {"video", {"video", ""}},
      {"voice note", {"voice", ""}},
      {"document", {"document", ""}},
      {"sticker", {"sticker", ""}},
      {"deviceSent", {"unsupported", ""}},
      {"reaction", {"reaction", "👍"}},
      {"revoke", {"revoke", ""}},
      {"edit", {"edit", "edited"}},
      {"ephemeral setting", {"disappearing", ""}},
      {"appStateSyncKeyShare", {"protocol", ""}},
      {"appStateSyncKeyRequest", {"protocol", ""}},
      {"placeholder resend request", {"protocol", ""}},
      {"placeholder resend response", {"protocol", ""}},
      {"location", {"location", "Berlin"}},
      {"contact", {"contact", "Bob"}},
      {"lid migration mapping", {"protocol", ""}},
  };
  for (const auto& [name, content] : expected) {
    SCOPED_TRACE(name);
    const Content found = content_of(sample(name));
    EXPECT_EQ(found.type, content.first);
    EXPECT_EQ(found.text, content.second);
  }
  EXPECT_EQ(content_of(sample("edit")).target_id, "3EB0C767D71D8A4F1A2B3C");
  EXPECT_EQ(content_of(sample("reaction")).target_id, "3A0102030405060708AA");
}

TEST(ProtobufTest, FieldsReadAsRecorded) {
  const auto key = sample("appStateSyncKeyShare").protocol_message().app_state_sync_key_share().keys(0);
  EXPECT_EQ(to_hex(as_bytes(key.key_id().key_id())), "000000000001");
  EXPECT_EQ(key.key_data().timestamp(), 1763640000000);
  EXPECT_EQ(key.key_data().fingerprint().device_indexes_size(), 2);
  const auto image = sample("image").image_message();
  EXPECT_EQ(image.file_length(), 33U);
  EXPECT_EQ(image.direct_path(), "/v/t62.7118-24/image?ccb=11-4");
  const auto context = sample("conversation + messageContextInfo").message_context_info();
  EXPECT_EQ(context.device_list_metadata().recipient_key_indexes(1), 3U);
  EXPECT_EQ(context.message_secret().size(), 32U);
}

TEST(ProtobufTest, HistoryIsReadWithoutItsMessages) {
  const Bytes bytes = vectors::hex(vectors::messaging().at("history_sync").at("history_sync_protobuf"));
  wire::HistorySync history;
  ASSERT_TRUE(history.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  EXPECT_EQ(history.sync_type(), wire::RECENT);
  EXPECT_EQ(history.progress(), 100U);
  EXPECT_EQ(history.conversations(0).id(), "100000000000002@lid");
  EXPECT_EQ(history.conversations(0).tc_token().size(), 16U);
  EXPECT_EQ(history.pushnames(0).pushname(), "Bob");
  EXPECT_EQ(history.phone_number_to_lid_mappings(0).pn_jid(), "15550002222@s.whatsapp.net");
  EXPECT_EQ(history.nct_salt().size(), 32U);
}

TEST(ContentTest, WrappersAreFollowedToABound) {
  wire::Message message;
  message.set_conversation("inside");
  for (int i = 0; i < 3; ++i) {
    wire::Message outer;
    *outer.mutable_ephemeral_message()->mutable_message() = message;
    message = outer;
  }
  EXPECT_EQ(content_of(message).text, "inside");
  for (int i = 0; i < 30; ++i) {
    wire::Message outer;
    *outer.mutable_view_once_message_v2()->mutable_message() = message;
    message = outer;
  }
  EXPECT_EQ(content_of(message).type, "unsupported");
}

TEST(ContentTest, KeysAloneAreNothingForPeopleAndUnknownContentIs) {
  wire::Message keys;
  keys.mutable_sender_key_distribution_message()->set_group_id("1@g.us");
  EXPECT_EQ(content_of(keys).type, "none");
  EXPECT_FALSE(content_of(keys).for_people());
  wire::Message future;
  ASSERT_TRUE(
      future.ParseFromString("\xfa\x7f\x03"
                             "abc"));
  EXPECT_EQ(content_of(future).type, "unsupported");
  EXPECT_TRUE(content_of(future).for_people());
}

TEST(ContentTest, TextThatIsNoUtf8IsMended) {
  wire::Message message;
  message.set_conversation(
      "a\xff"
      "b");
  EXPECT_EQ(content_of(message).text,
            "a\xef\xbf\xbd"
            "b");
}

TEST(DeviceSentTest, WrapsAsRecordedAndComesBack) {
  const Jid chat = *Jid::parse("100000000000002@lid");
  const std::string inner = sample("conversation").SerializeAsString();
  const Bytes wrapped = wrap_device_sent(chat, as_bytes(inner));
  EXPECT_EQ(to_hex(wrapped), to_hex(as_bytes(sample("deviceSent").SerializeAsString())));
  const auto back = unwrap_device_sent(sample("deviceSent"));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->chat, chat);
  EXPECT_EQ(back->message->conversation(), "hello");
}

TEST(DeviceSentTest, OuterContextFillsInForAMissingOne) {
  const auto context = sample("conversation + messageContextInfo").message_context_info().SerializeAsString();
  const std::string inner = sample("conversation").SerializeAsString();
  const Bytes wrapped = wrap_device_sent(*Jid::parse("1:3@lid"), as_bytes(inner), as_bytes(context));
  wire::Message message;
  ASSERT_TRUE(message.ParseFromArray(wrapped.data(), static_cast<int>(wrapped.size())));
  EXPECT_TRUE(is_device_sent(message));
  const auto back = unwrap_device_sent(message);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->chat.str(), "1@lid");
  EXPECT_EQ(back->message->message_context_info().SerializeAsString(), context);
}

TEST(DeviceSentTest, WithoutDestinationOrMessageItIsRefused) {
  wire::Message message;
  message.mutable_device_sent_message()->mutable_message()->set_conversation("x");
  EXPECT_EQ(unwrap_device_sent(message).error(), Errc::malformed_message);
  message.mutable_device_sent_message()->set_destination_jid("nobody");
  EXPECT_EQ(unwrap_device_sent(message).error(), Errc::malformed_message);
  message.mutable_device_sent_message()->set_destination_jid("1@lid");
  EXPECT_TRUE(unwrap_device_sent(message).has_value());
  message.mutable_device_sent_message()->clear_message();
  EXPECT_EQ(unwrap_device_sent(message).error(), Errc::malformed_message);
}

TEST(LidMappingTest, PairsAreReadAndTheLatestWins) {
  const auto payload =
      sample("lid migration mapping").protocol_message().lid_migration_mapping_sync_message().encoded_mapping_payload();
  const auto pairs = parse_lid_mappings(as_bytes(payload));
  ASSERT_TRUE(pairs.has_value());
  ASSERT_EQ(pairs->size(), 1U);
  EXPECT_EQ((*pairs)[0].pn.str(), "15550002222@s.whatsapp.net");
  EXPECT_EQ((*pairs)[0].lid.str(), "100000000000002@lid");
  wire::LIDMigrationMappingSyncPayload moved;
  auto* pair = moved.add_pn_to_lid_mappings();
  pair->set_pn(1);
  pair->set_assigned_lid(2);
  pair->set_latest_lid(3);
  EXPECT_EQ(parse_lid_mappings(as_bytes(moved.SerializeAsString())).value()[0].lid.str(), "3@lid");
  pair->clear_latest_lid();
  pair->clear_assigned_lid();
  EXPECT_EQ(parse_lid_mappings(as_bytes(moved.SerializeAsString())).error(), Errc::malformed_message);
  EXPECT_EQ(parse_lid_mappings(Bytes{0xff}).error(), Errc::malformed_message);
}

}  // namespace
}  // namespace linekeeper::transport::message
