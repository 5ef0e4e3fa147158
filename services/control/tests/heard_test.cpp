#include "board/heard.hpp"

#include <gtest/gtest.h>

namespace linekeeper::control {
namespace {

kafka::Record record(Source source, std::string payload, kafka::Headers headers = {}) {
  kafka::Record made;
  made.ticket.topic = static_cast<std::uint16_t>(source);
  made.payload = to_bytes(payload);
  made.headers = std::move(headers);
  return made;
}

TEST(HeardTest, ReadsEventsInBothFormats) {
  v1::ConnectionEvent event;
  event.set_session_id("shop");
  event.set_status(v1::LINE_STATUS_CONNECTED);
  const Heard binary = hear(record(Source::connection, event.SerializeAsString()));
  const Heard json = hear(record(Source::connection, R"({"sessionId":"shop","status":"LINE_STATUS_CONNECTED","new":1})",
                                 {{"content-type", "application/json"}}));
  for (const Heard* heard : {&binary, &json}) {
    ASSERT_TRUE(std::holds_alternative<v1::ConnectionEvent>(*heard));
    EXPECT_EQ(std::get<v1::ConnectionEvent>(*heard).status(), v1::LINE_STATUS_CONNECTED);
  }
}

TEST(HeardTest, SkipsWhatDoesNotParseOrNamesNoSession) {
  for (const auto& one :
       {record(Source::connection, "\xff\xff"), record(Source::message, "{"), record(Source::connection, ""),
        record(Source::connection, "{", {{"content-type", "application/json"}})})
    EXPECT_TRUE(std::holds_alternative<std::monostate>(hear(one)));
  kafka::Record tombstone = record(Source::message, "");
  tombstone.tombstone = true;
  EXPECT_TRUE(std::holds_alternative<std::monostate>(hear(tombstone)));
}

TEST(HeardTest, ARejectedCommandIsKnownByItsHeaders) {
  v1::RejectedCommand rejected;
  rejected.set_session_id("shop");
  rejected.mutable_error()->set_code(v1::INVALID_PHONE);
  const Heard heard = hear(record(Source::rejected, rejected.SerializeAsString(), {{"command-id", "c1"}}));
  ASSERT_TRUE(std::holds_alternative<Rejected>(heard));
  EXPECT_EQ(std::get<Rejected>(heard).command_id, "c1");
  EXPECT_EQ(std::get<Rejected>(heard).error.code(), v1::INVALID_PHONE);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(hear(record(Source::rejected, rejected.SerializeAsString()))));
}

}  // namespace
}  // namespace linekeeper::control
