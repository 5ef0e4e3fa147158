#include "command/decode.hpp"

#include <gtest/gtest.h>

namespace linekeeper::worker {
namespace {

using auth::CommandKind;

kafka::Record record_of(std::string_view payload, bool json) {
  kafka::Record record;
  record.topic = "linekeeper.commands.send";
  record.ticket.partition = 3;
  record.ticket.offset = 42;
  record.timestamp_ms = 1'800'000'000'000;
  record.payload = to_bytes(payload);
  if (json) record.headers.push_back({"content-type", "application/json"});
  return record;
}

v1::SendCommand send_of(std::string to, std::string text) {
  v1::SendCommand send;
  send.set_session_id("shop");
  send.set_command_id("c-1");
  send.set_to(std::move(to));
  send.set_text(std::move(text));
  return send;
}

v1::ErrorCode code_of_send(const v1::SendCommand& send) {
  const auto decoded = decode(record_of(send.SerializeAsString(), false), CommandKind::send, {});
  const auto* rejection = std::get_if<Rejection>(&decoded);
  return rejection ? rejection->code : v1::ERROR_CODE_UNSPECIFIED;
}

TEST(DecodeTest, TheLeastJsonThatWorksIsAPairAndASend) {
  const auto pair = decode(record_of(R"({"sessionId":"shop"})", true), CommandKind::pair, {});
  ASSERT_TRUE(std::holds_alternative<Command>(pair));
  EXPECT_EQ(std::get<Command>(pair).session_id, "shop");
  EXPECT_FALSE(std::get<Command>(pair).head.command_id.empty());

  const auto send = decode(record_of(R"({"sessionId":"shop","to":"+49 (170) 123-4567","text":"hello"})", true),
                           CommandKind::send, {});
  ASSERT_TRUE(std::holds_alternative<Command>(send));
  const auto& body = std::get<v1::SendCommand>(std::get<Command>(send).body);
  EXPECT_EQ(body.to(), "491701234567@s.whatsapp.net");
  EXPECT_EQ(body.text(), "hello");
}

TEST(DecodeTest, ProtobufIsReadWithoutAHeaderAndJsonOnlyWithOne) {
  EXPECT_EQ(code_of_send(send_of("491701234567", "hello")), v1::ERROR_CODE_UNSPECIFIED);
  const auto decoded = decode(record_of(R"({"sessionId":"shop"})", false), CommandKind::pair, {});
  EXPECT_TRUE(std::holds_alternative<Rejection>(decoded));
}

TEST(DecodeTest, ACommandWithoutIdGetsOneFromItsOriginThatForwardingKeeps) {
  kafka::Record first = record_of(R"({"sessionId":"shop"})", true);
  const auto direct = std::get<Command>(decode(first, CommandKind::pair, {}));
  kafka::Record forwarded = first;
  forwarded.ticket.partition = 7;
  forwarded.ticket.offset = 1000;
  forwarded.timestamp_ms += 5;
  forwarded.headers.push_back({std::string(kOriginHeader), origin_header(direct.head.origin)});
  const auto arrived = std::get<Command>(decode(forwarded, CommandKind::pair, {}));
  EXPECT_EQ(arrived.head.command_id, direct.head.command_id);
  EXPECT_EQ(arrived.head.origin, direct.head.origin);

  kafka::Record other = first;
  other.ticket.offset = 43;
  EXPECT_NE(std::get<Command>(decode(other, CommandKind::pair, {})).head.command_id, direct.head.command_id);
}

TEST(DecodeTest, AnOriginHeaderThatDoesNotParseIsIgnored) {
  for (const char* bad : {"", "/", "topic/1/2", "topic/1/2/x", "topic/a/2/3", "topic/1/2/3/4x"}) {
    kafka::Record record = record_of(R"({"sessionId":"shop"})", true);
    record.headers.push_back({std::string(kOriginHeader), bad});
    const auto command = std::get<Command>(decode(record, CommandKind::pair, {}));
    EXPECT_EQ(command.head.origin.offset, 42) << bad;
  }
}

TEST(DecodeTest, SessionAndCommandIdsArePrintableAndShort) {
  v1::SendCommand send = send_of("491701234567", "x");
  for (const std::string& bad : {std::string(), std::string(129, 'a'), std::string("a\nb"), std::string("a\0b", 3)}) {
    send.set_session_id(bad);
    EXPECT_EQ(code_of_send(send), v1::MISSING_SESSION_ID) << bad.size();
  }
  send.set_session_id("Laden-Köln ☎");
  EXPECT_EQ(code_of_send(send), v1::ERROR_CODE_UNSPECIFIED);
  send.set_command_id(std::string(129, 'a'));
  EXPECT_EQ(code_of_send(send), v1::INVALID_COMMAND_ID);
}

TEST(DecodeTest, ContentIsCheckedBeforeAnybodyWaitsForIt) {
  EXPECT_EQ(code_of_send(send_of("491701234567", "")), v1::EMPTY_CONTENT);
  EXPECT_EQ(code_of_send(send_of("491701234567", std::string(64 * 1024, 'x'))), v1::ERROR_CODE_UNSPECIFIED);
  EXPECT_EQ(code_of_send(send_of("491701234567", std::string(64 * 1024 + 1, 'x'))), v1::TEXT_TOO_LONG);
  v1::SendCommand media = send_of("491701234567", "x");
  media.mutable_media()->set_kind(v1::MEDIA_KIND_IMAGE);
  EXPECT_EQ(code_of_send(media), v1::UNSUPPORTED_CONTENT);
  v1::SendCommand nothing = send_of("491701234567", "x");
  nothing.clear_text();
  EXPECT_EQ(code_of_send(nothing), v1::EMPTY_CONTENT);
}

TEST(DecodeTest, RecipientsAreNumbersOrAddressesOfPeople) {
  for (const char* bad : {"", "abc", "0170123456", "12", "@s.whatsapp.net", "1234567890123456"})
    EXPECT_EQ(code_of_send(send_of(bad, "x")), v1::INVALID_PHONE) << bad;
  EXPECT_EQ(code_of_send(send_of("120363000000000000@g.us", "x")), v1::UNSUPPORTED_CONTENT);
  EXPECT_EQ(code_of_send(send_of("100000000000001@lid", "x")), v1::ERROR_CODE_UNSPECIFIED);
}

TEST(DecodeTest, ALeadingZeroIsReplacedOnlyWhereACountryIsSet) {
  DecodeRules rules;
  rules.default_country = "62";
  const auto decoded =
      decode(record_of(send_of("0812-3456-7890", "x").SerializeAsString(), false), CommandKind::send, rules);
  ASSERT_TRUE(std::holds_alternative<Command>(decoded));
  EXPECT_EQ(std::get<v1::SendCommand>(std::get<Command>(decoded).body).to(), "6281234567890@s.whatsapp.net");
}

TEST(DecodeTest, WhatIsNoCommandIsRejectedWithWhatCouldBeRead) {
  kafka::Record tombstone;
  tombstone.tombstone = true;
  EXPECT_EQ(std::get<Rejection>(decode(tombstone, CommandKind::reset, {})).code, v1::MALFORMED_COMMAND);
  for (const char* bad : {"{\"sessionId\":", "[]", "null", "\xff\xfe"})
    EXPECT_EQ(std::get<Rejection>(decode(record_of(bad, true), CommandKind::send, {})).code, v1::MALFORMED_COMMAND);
  DecodeRules rules;
  rules.most_record = 100;
  EXPECT_EQ(std::get<Rejection>(decode(record_of(std::string(101, ' '), true), CommandKind::send, rules)).code,
            v1::COMMAND_TOO_LARGE);
  const auto half =
      std::get<Rejection>(decode(record_of(send_of("nobody", "x").SerializeAsString(), false), CommandKind::send, {}));
  EXPECT_EQ(half.session_id, "shop");
  EXPECT_EQ(half.command_id, "c-1");
}

}  // namespace
}  // namespace linekeeper::worker
