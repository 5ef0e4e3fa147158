#include <gtest/gtest.h>

#include <set>

#include "line/ending.hpp"
#include "line/line_events.hpp"
#include "line/send_outcome.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/contract/line_record.hpp"
#include "linekeeper/lifecycle/reaction.hpp"

namespace linekeeper::worker {

using contract::LineRecord;
using contract::read_line;
using contract::write_desired;
using contract::write_status;

namespace {

TEST(OutcomeTest, EveryErrorCodeHasASentenceOfItsOwn) {
  std::set<std::string_view> seen;
  for (int value = v1::ErrorCode_MIN; value <= v1::ErrorCode_MAX; ++value) {
    if (!v1::ErrorCode_IsValid(value)) continue;
    const auto text = sentence(static_cast<v1::ErrorCode>(value));
    EXPECT_EQ(text.empty(), value == 0) << value;
    EXPECT_TRUE(seen.insert(text).second) << v1::ErrorCode_Name(static_cast<v1::ErrorCode>(value));
  }
}

TEST(OutcomeTest, OnlyWhatTheServerRefusedForGoodFails) {
  using transport::SendOutcome;
  for (const auto outcome : {SendOutcome::not_connected, SendOutcome::busy, SendOutcome::unconfirmed,
                             SendOutcome::rate_limited, SendOutcome::server_trouble, SendOutcome::commit_failed})
    EXPECT_EQ(verdict_of(outcome).kind, SendVerdict::Kind::again) << transport::name(outcome);
  for (const auto outcome : {SendOutcome::recipient_unknown, SendOutcome::no_device, SendOutcome::refused,
                             SendOutcome::malformed, SendOutcome::restricted, SendOutcome::invalid})
    EXPECT_EQ(verdict_of(outcome).kind, SendVerdict::Kind::failed) << transport::name(outcome);
  EXPECT_TRUE(verdict_of(SendOutcome::rate_limited).pause_line);
}

TEST(OutcomeTest, ATemporaryBanIsToldFromAFinalOneByItsEnd) {
  transport::LineEnd end;
  end.reason = transport::EndReason::banned;
  EXPECT_EQ(ending_of(end).signal, lifecycle::Signal::banned);
  end.detail = "temporary";
  EXPECT_EQ(ending_of(end).signal, lifecycle::Signal::temporarily_banned) << "also without an end: it is not final";
  end.retry_after = std::chrono::hours(2);
  EXPECT_EQ(ending_of(end).signal, lifecycle::Signal::temporarily_banned);
  EXPECT_EQ(ending_of(end).wait, std::chrono::hours(2));
}

TEST(OutcomeTest, ARateLimitOfPairingIsNotOneOfTheLine) {
  transport::LineEnd end;
  end.reason = transport::EndReason::rate_limited;
  EXPECT_EQ(ending_of(end).signal, lifecycle::Signal::rate_limited);
  end.detail = "pairing_code";
  EXPECT_EQ(ending_of(end).signal, lifecycle::Signal::pairing_rate_limited);
}

TEST(OutcomeTest, StatusesThatWaitForAPersonNameTheirCodeForSends) {
  EXPECT_EQ(blocked_by(v1::LINE_STATUS_LOGGED_OUT), v1::LOGGED_OUT);
  EXPECT_EQ(blocked_by(v1::LINE_STATUS_NEEDS_PAIRING), v1::NEEDS_PAIRING);
  for (const auto status : {v1::LINE_STATUS_PAIRING, v1::LINE_STATUS_CONNECTING, v1::LINE_STATUS_SYNCING,
                            v1::LINE_STATUS_CONNECTED, v1::LINE_STATUS_DISCONNECTED})
    EXPECT_EQ(blocked_by(status), v1::ERROR_CODE_UNSPECIFIED) << status;
}

TEST(OutcomeTest, WhatIsStoredOfALineComesBack) {
  lifecycle::Stored stored;
  stored.registered = true;
  lifecycle::Lifecycle machine({}, stored);
  const lifecycle::Time now{std::chrono::milliseconds(1'800'000'000'000)};
  machine.on_held(now);
  machine.on_logged_in(now);
  machine.on_ended({lifecycle::Signal::temporarily_banned, "code_101", std::chrono::hours(1)}, now, 7);
  LineRecord record;
  record.reset_at_ms = 5;
  record.credentials_at_ms = 6;
  record.number_tag = "tag";
  record.purged_at_ms = 7;
  record.rolled_back = true;
  record.pauses.all = {v1::RATE_LIMITED, 8};
  record.pauses.first_contacts = {v1::ACCOUNT_RESTRICTED, 9};
  record.took_from = "old shop";
  auth::LineHead head;
  head.status = write_status(machine, record);
  head.desired = write_desired(lifecycle::Desired::stop);

  LineRecord read;
  const auto back = read_line(head, read);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->status, v1::LINE_STATUS_BANNED);
  EXPECT_EQ(back->code, v1::BANNED);
  EXPECT_EQ(back->detail, "code_101");
  EXPECT_EQ(back->next_retry_at, now + std::chrono::hours(1));
  EXPECT_EQ(back->desired, lifecycle::Desired::stop);
  EXPECT_EQ(read.barriers().reset_at_ms, 5);
  EXPECT_EQ(read.number_tag, "tag");
  EXPECT_EQ(read.purged_at_ms, 7);
  EXPECT_TRUE(read.rolled_back);
  EXPECT_EQ(read.pauses.all, record.pauses.all);
  EXPECT_EQ(read.pauses.first_contacts, record.pauses.first_contacts);
  EXPECT_EQ(read.took_from, "old shop");
  EXPECT_EQ(back->retry_count, 1u);

  head.status = to_bytes("\xff\xff\xff");
  EXPECT_EQ(read_line(head, read).error(), Errc::malformed_value);
}

TEST(LineEventsTest, NumbersAreGivenWhenEventsLeaveAndRiseByOne) {
  LineEvents events("shop", 77, "w1");
  lifecycle::Lifecycle machine({}, {});
  const lifecycle::Time now{std::chrono::milliseconds(1'800'000'000'000)};
  Event first = events.status(machine, now);
  Event second = events.status(machine, now);
  EXPECT_TRUE(first.id.empty());
  events.stamp(second);
  events.stamp(first);
  EXPECT_EQ(std::get<v1::ConnectionEvent>(second.body).order().sequence(), 1u);
  EXPECT_EQ(std::get<v1::ConnectionEvent>(first.body).order().sequence(), 2u);
  EXPECT_EQ(std::get<v1::ConnectionEvent>(first.body).order().token(), 77u);
  EXPECT_NE(first.id, second.id);
}

TEST(LineEventsTest, AnOutcomePublishedAgainKeepsItsId) {
  LineEvents events("shop", 1, "w1");
  lifecycle::Lifecycle machine({}, {});
  Event once = events.outcome(machine, {}, "c1", v1::COMMAND_OUTCOME_DONE, v1::ERROR_CODE_UNSPECIFIED, {});
  LineEvents successor("shop", 2, "w2");
  Event again = successor.outcome_again(std::get<v1::ConnectionEvent>(once.body));
  EXPECT_EQ(once.id, again.id);
}

TEST(EventTest, AStubSaysWhoAndWhyButNotWhat) {
  Event event;
  v1::MessageEvent body;
  body.mutable_inbound()->set_message_id("3EB0");
  body.mutable_inbound()->set_text("secret");
  body.mutable_inbound()->set_raw("secret");
  event.body = body;
  const Event stub = stub_of(event);
  const auto& inbound = std::get<v1::MessageEvent>(stub.body).inbound();
  EXPECT_EQ(inbound.message_id(), "3EB0");
  EXPECT_EQ(stub.id, event.id);
  EXPECT_TRUE(inbound.text().empty());
  EXPECT_TRUE(inbound.raw().empty());
  EXPECT_EQ(inbound.error().detail(), "refused_by_kafka");
}

}  // namespace
}  // namespace linekeeper::worker
