#include "hooks/hook_event.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>

#include "board/heard.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "linekeeper/v1/event.pb.h"

namespace linekeeper::control {
namespace {

using json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

kafka::Record record_with(const google::protobuf::Message& message, Source source, bool as_json = false) {
  kafka::Record record;
  record.ticket.topic = static_cast<std::uint16_t>(source);
  record.ticket.partition = 3;
  record.ticket.offset = 17;
  record.topic = source == Source::connection ? "linekeeper.events.connection" : "linekeeper.events.message";
  record.timestamp_ms = 1'769'860'800'000;
  std::string text;
  if (as_json) {
    EXPECT_TRUE(google::protobuf::util::MessageToJsonString(message, &text).ok());
  } else {
    text = message.SerializeAsString();
  }
  record.payload = to_bytes(text);
  record.headers = {{"ce_id", "event-1"},
                    {"ce_source", "/linekeeper/w1"},
                    {"ce_time", "2026-01-31T12:00:00.123Z"},
                    {"content-type", as_json ? "application/json" : "application/protobuf"},
                    {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}};
  return record;
}

v1::ConnectionEvent pairing() {
  v1::ConnectionEvent event;
  event.set_session_id("shop \"1\" ä");
  event.set_status(v1::LINE_STATUS_PAIRING);
  event.mutable_qr()->set_text("2@the-qr");
  event.mutable_order()->set_token(7);
  return event;
}

v1::MessageEvent text() {
  v1::MessageEvent event;
  event.set_session_id("shop");
  event.mutable_inbound()->set_text("hello");
  return event;
}

Hook hook() {
  Hook hook;
  hook.id = "crm";
  hook.url = *net::Url::parse("https://crm.example.org/hook");
  hook.secrets.emplace_back(std::string("0123456789abcdef"));
  hook.connection = hook.inbound = hook.outbound = true;
  return hook;
}

std::string header(const http::Request& request, std::string_view name) {
  return std::string(request.header(name).value_or(""));
}

TEST(HookEventTest, IsTheSameFromProtobufAndFromJson) {
  for (const bool as_json : {false, true}) {
    const auto event = hook_event_of(record_with(text(), Source::message, as_json), false);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->id, "event-1");
    EXPECT_EQ(event->kind, HookEvent::Kind::inbound);
    EXPECT_EQ(json::parse(event->data), json::parse(R"({"sessionId":"shop","inbound":{"text":"hello"}})"));
  }
  kafka::Record broken = record_with(text(), Source::message);
  broken.payload = to_bytes("\xff\xff\xff");
  EXPECT_FALSE(hook_event_of(broken, false));
}

TEST(HookEventTest, GoesOutAsASignedCloudEvent) {
  const auto event = hook_event_of(record_with(pairing(), Source::connection), false);
  ASSERT_TRUE(event);
  Hook signing = hook();
  signing.secrets.emplace_back(std::string("fedcba9876543210"));
  signing.headers.push_back({"Authorization", "Bearer x"});
  const http::Request request = request_of(signing, *event, 1'769'860'801);
  EXPECT_EQ(request.method, "POST");
  const json body = json::parse(request.body);
  EXPECT_EQ(body["specversion"], "1.0");
  EXPECT_EQ(body["id"], "event-1");
  EXPECT_EQ(body["type"], "linekeeper.v1.ConnectionEvent");
  EXPECT_EQ(body["subject"], "shop \"1\" ä");
  EXPECT_EQ(body["data"]["status"], "LINE_STATUS_PAIRING");
  EXPECT_EQ(body["data"]["order"]["token"], "7");
  EXPECT_EQ(header(request, "Linekeeper-Event-Id"), "event-1");
  EXPECT_EQ(header(request, "Linekeeper-Timestamp"), "1769860801");
  EXPECT_EQ(header(request, "Content-Type"), "application/cloudevents+json");
  EXPECT_EQ(header(request, "Authorization"), "Bearer x");
  const auto mac = [&](std::string_view secret) {
    return to_hex(crypto::hmac_sha256(as_bytes(secret), as_bytes("1769860801." + request.body)));
  };
  EXPECT_EQ(header(request, "Linekeeper-Signature"),
            "v1=" + mac("0123456789abcdef") + ",v1=" + mac("fedcba9876543210"));
}

TEST(HookEventTest, AnIdOfAnyBytesFitsIntoAHeader) {
  kafka::Record record = record_with(text(), Source::message);
  record.headers[0].value = "a b\r\nX: y%ä";
  const auto event = hook_event_of(record, false);
  const http::Request request = request_of(hook(), *event, 1);
  EXPECT_EQ(header(request, "Linekeeper-Event-Id"), "a%20b%0D%0AX:%20y%25%C3%A4");
}

TEST(HookEventTest, ARecordWithoutAnIdIsNamedByItsPlace) {
  kafka::Record record = record_with(text(), Source::message);
  record.headers.erase(record.headers.begin());
  EXPECT_EQ(hook_event_of(record, false)->id, "linekeeper.events.message/3/17");
}

TEST(HookEventTest, ShowsAQrOnlyToWhoAskedForIt) {
  const auto record = record_with(pairing(), Source::connection);
  EXPECT_THAT(hook_event_of(record, false)->data, Not(HasSubstr("the-qr")));
  EXPECT_THAT(hook_event_of(record, true)->data, HasSubstr("the-qr"));
}

TEST(HookEventTest, GoesToEndpointsThatWantIt) {
  const auto inbound = *hook_event_of(record_with(text(), Source::message), false);
  Hook some = hook();
  EXPECT_TRUE(wants(some, inbound));
  some.session_prefix = "kiosk-";
  EXPECT_FALSE(wants(some, inbound));
  some = hook();
  some.inbound = false;
  EXPECT_FALSE(wants(some, inbound));
  some = hook();
  some.since = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'769'860'800'001));
  EXPECT_FALSE(wants(some, inbound));

  v1::ConnectionEvent again;
  again.set_session_id("shop");
  again.set_repeated(true);
  const auto repeated = *hook_event_of(record_with(again, Source::connection), false);
  EXPECT_FALSE(wants(hook(), repeated));
  some = hook();
  some.repeated = true;
  EXPECT_TRUE(wants(some, repeated));
}

TEST(HookEventTest, ComesBackFromTheParkingTopicAsItWasButForSecrets) {
  Parked parked;
  parked.endpoint = "crm";
  parked.event = *hook_event_of(record_with(pairing(), Source::connection), true);
  parked.reason = "refused";
  parked.detail = "404";
  parked.attempts = 5;
  const auto written = record_of("linekeeper.webhooks.parked", parked);
  EXPECT_EQ(written.key, "shop \"1\" ä");
  EXPECT_THAT(to_text(written.payload), Not(HasSubstr("the-qr")));

  kafka::Record read;
  read.topic = written.topic;
  read.payload = written.payload;
  read.headers = written.headers;
  const auto back = parked_of(read);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->endpoint, "crm");
  EXPECT_EQ(back->attempts, 5U);
  EXPECT_EQ(back->detail, "404");
  EXPECT_EQ(back->event.id, "event-1");
  EXPECT_EQ(back->event.time, "2026-01-31T12:00:00.123Z");
  EXPECT_EQ(back->event.traceparent, parked.event.traceparent);
  EXPECT_EQ(back->event.origin, (kafka::RecordId{"linekeeper.events.connection", 3, 17}));
  EXPECT_EQ(back->event.kind, HookEvent::Kind::connection);
  EXPECT_THAT(back->event.data, HasSubstr("LINE_STATUS_PAIRING"));

  read.headers.clear();
  EXPECT_FALSE(parked_of(read));
}

}  // namespace
}  // namespace linekeeper::control
