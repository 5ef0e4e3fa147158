#include <gmock/gmock.h>

#include "desk_fixture.hpp"
#include "line/inbox.hpp"
#include "line/ledger_purge.hpp"
#include "line/send_desk.hpp"
#include "linekeeper/auth/keys.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/session/state_fields.hpp"

namespace linekeeper::worker {
namespace {

using testing::ElementsAre;

class SendDeskTest : public DeskTest {
 protected:
  /// A desk whose line stands so and is not connected.
  std::unique_ptr<SendDesk> desk(v1::LineStatus status, SendPauses pauses = {}) {
    LineView view;
    view.status = [status] { return status; };
    view.barriers = [] { return auth::Barriers(); };
    view.connected = []() -> transport::Line* { return nullptr; };
    view.paused = [](const SendPauses&) {};
    return std::make_unique<SendDesk>(*context, "shop", *journal, *line_events, std::move(view), pauses);
  }
  static std::vector<std::int64_t> offsets(std::vector<Command> commands) {
    std::vector<std::int64_t> found;
    for (const Command& command : commands)
      found.push_back(command.ticket.offset);
    return found;
  }
  auth::CommandState state_of(const std::string& id) {
    const auto kept = run(journal->store().command(id));
    return kept && *kept ? (*kept)->state : auth::CommandState::received;
  }
};

TEST_F(SendDeskTest, WhatDidNotEndIsLeftInOrderAndGivenOutOnce) {
  auto sends = desk(v1::LINE_STATUS_CONNECTING);
  for (std::int64_t offset = 1; offset <= 3; ++offset)
    sends->submit(send("c" + std::to_string(offset), offset));
  run(sends->stop());
  EXPECT_THAT(offsets(sends->left()), ElementsAre(1, 2, 3));
  EXPECT_TRUE(sends->left().empty());
  EXPECT_TRUE(finished.empty()) << "Kafka still counts them as ours";
  sends->submit(send("late", 4));
  EXPECT_TRUE(sends->left().empty()) << "after stop nothing is taken: whoever owns the shard next reads it again";
}

TEST_F(SendDeskTest, WhatEndedAndWasNotPublishedIsLeftToo) {
  auto sends = desk(v1::LINE_STATUS_STOPPED);
  sends->submit(send("c1", 1));
  ASSERT_TRUE(until([&] { return state_of("c1") == auth::CommandState::failed; }));
  give_up_publishing();
  run(sends->stop());
  EXPECT_THAT(offsets(sends->left()), ElementsAre(1)) << "its outcome is in the ledger, and nobody has heard it";
  EXPECT_TRUE(finished.empty());
}

TEST_F(SendDeskTest, ACommandThatWasPublishedBeforeIsGivenBackAndNotLeft) {
  Command known = send("done", 7);
  auth::Commit before;
  auth::LedgerRecord record;
  record.command_id = "done";
  record.state = auth::CommandState::succeeded;
  record.published = true;
  before.ledger = {record};
  ASSERT_TRUE(run(journal->commit(std::move(before))));
  auto sends = desk(v1::LINE_STATUS_CONNECTING);
  sends->submit(std::move(known));
  sends->submit(send("new", 8));
  ASSERT_TRUE(until([&] { return !finished.empty(); }));
  run(sends->stop());
  EXPECT_THAT(finished, ElementsAre(7));
  EXPECT_THAT(offsets(sends->left()), ElementsAre(8));
}

TEST_F(SendDeskTest, AReadingOfTheLedgerThatDoesNotOpenIsRefusedAndLeavesTheRecord) {
  server.run({"SET", auth::key::command("shop", "odd"), "garbage"});
  auto sends = desk(v1::LINE_STATUS_CONNECTING);
  sends->submit(send("odd", 1));
  sends->submit(send("even", 2));
  // Its event cannot be published here, so what is seen is that the next one has its turn, and the record its peace.
  ASSERT_TRUE(until([&] { return sends->waiting() == 1; }));
  EXPECT_EQ(server.run({"GET", auth::key::command("shop", "odd")}), "garbage");
  give_up_publishing();
  run(sends->stop());
  EXPECT_THAT(offsets(sends->left()), ElementsAre(1, 2));
}

TEST_F(SendDeskTest, WhatWasNeverConfirmedDoesNotHoldUpWhatIsBehindItOnADeadLine) {
  auth::LedgerRecord open;
  open.command_id = "unconfirmed";
  open.state = auth::CommandState::sending;
  open.message_id = "M1";
  open.sending_since_ms = unix_ms();
  auto sends = desk(v1::LINE_STATUS_LOGGED_OUT);
  sends->start({open});
  sends->submit(send("behind", 1));
  ASSERT_TRUE(until([&] { return state_of("behind") == auth::CommandState::failed; }));
  EXPECT_EQ(run(journal->store().command("behind")).value()->code, v1::LOGGED_OUT);
  EXPECT_EQ(sends->waiting(), 1u) << "it may have arrived: it stays until its line is back or its time is over";
  give_up_publishing();
  run(sends->stop());
}

TEST_F(SendDeskTest, WhatWasNeverConfirmedEndsWhenItsTimeIsOver) {
  auth::LedgerRecord open;
  open.command_id = "unconfirmed";
  open.state = auth::CommandState::sending;
  open.message_id = "M1";
  open.sending_since_ms = unix_ms();
  open.not_after_ms = unix_ms() + 200;
  auto sends = desk(v1::LINE_STATUS_LOGGED_OUT);
  sends->start({open});
  ASSERT_TRUE(until([&] { return state_of("unconfirmed") == auth::CommandState::unknown; }));
  give_up_publishing();
  run(sends->stop());
}

TEST_F(SendDeskTest, AMessageToAStrangerEndsAtOnceWhileTheAccountIsRestricted) {
  SendPauses pauses;
  pauses.first_contacts = {v1::ACCOUNT_RESTRICTED, unix_ms() + 3'600'000};
  auth::Commit friends;
  friends.fields[transport::contact_fields(*transport::Jid::parse("491707654321@s.whatsapp.net")).front()] =
      to_bytes("devices");
  ASSERT_TRUE(run(journal->commit(std::move(friends))));
  auto sends = desk(v1::LINE_STATUS_CONNECTING, pauses);
  sends->submit(send("stranger", 1));
  Command known = send("friend", 2);
  std::get<v1::SendCommand>(known.body).set_to("491707654321");
  sends->submit(std::move(known));
  ASSERT_TRUE(until([&] { return state_of("stranger") == auth::CommandState::failed; }));
  EXPECT_EQ(run(journal->store().command("stranger")).value()->code, v1::ACCOUNT_RESTRICTED);
  ASSERT_TRUE(until([&] { return sends->waiting() == 1; })) << "a message to somebody who knows us waits for its line";
  give_up_publishing();
  run(sends->stop());
  EXPECT_THAT(offsets(sends->left()), ElementsAre(1, 2));
}

class InboxTest : public DeskTest {
 protected:
  static transport::InboundMessage message(std::string id) {
    transport::InboundMessage made;
    made.id = std::move(id);
    made.chat = *transport::Jid::parse("491701234567@s.whatsapp.net");
    made.sender = made.chat;
    made.content_type = "text";
    made.text = Secret<std::string>("hello");
    return made;
  }
};

TEST_F(InboxTest, KnowsWhatWasCommittedAndNothingElse) {
  Inbox inbox(*context, "shop", *journal, *line_events, [](std::string_view) { return std::string(); });
  EXPECT_FALSE(run(inbox.knows(message("A"))).value());
  EXPECT_TRUE(run(inbox.take(message("A"), {})).value()) << "new";
  EXPECT_TRUE(run(inbox.knows(message("A"))).value());
  EXPECT_FALSE(run(inbox.take(message("A"), {})).value()) << "a repetition";
  EXPECT_FALSE(run(inbox.knows(message("B"))).value());
  transport::InboundMessage other = message("A");
  other.sender = *transport::Jid::parse("491709999999@s.whatsapp.net");
  EXPECT_FALSE(run(inbox.knows(other)).value()) << "the same id of another sender is another message";
  server.kill();
  EXPECT_EQ(run(inbox.knows(message("A"))).error(), Errc::store_unavailable);
  give_up_publishing();
  run(inbox.stop());
}

class JournalTest : public DeskTest {
 protected:
  std::string stored() const { return to_text(journal->store().head().status); }
  std::uint64_t version() const { return journal->store().head().version; }
  static auth::Commit put(std::string_view value) {
    auth::Commit commit;
    commit.fields["f"] = to_bytes(value);
    return commit;
  }
};

TEST_F(JournalTest, WaitsForRoomInAFullStoreAndLosesNothing) {
  std::vector<FullStore> turns;
  journal->when_full([&](FullStore turn) { turns.push_back(turn); });
  ASSERT_TRUE(run(journal->commit(put("1"))));
  server.run({"CONFIG", "SET", "maxmemory", "1"});
  std::optional<bool> written;
  boost::asio::co_spawn(loop, journal->commit(put("2")),
                        [&](std::exception_ptr, Result<auth::LineStore::Fresh> done) { written = done.has_value(); });
  ASSERT_TRUE(until([&] { return turns.size() >= 3; }));
  EXPECT_EQ(turns[0], FullStore::waiting);
  EXPECT_EQ(turns[1], FullStore::trying);
  EXPECT_FALSE(written);
  server.run({"CONFIG", "SET", "maxmemory", "0"});
  ASSERT_TRUE(until([&] { return written.has_value(); }));
  EXPECT_TRUE(*written);
  EXPECT_EQ(turns.back(), FullStore::over);
  std::vector<std::string> names{"f"};
  EXPECT_EQ(as_text(run(journal->fetch(std::move(names))).value().at("f")), "2");
}

TEST_F(JournalTest, ALineThatIsPutDownDoesNotWaitForRoom) {
  server.run({"CONFIG", "SET", "maxmemory", "1"});
  bool waits = false;
  journal->when_full([&](FullStore turn) { waits = waits || turn == FullStore::waiting; });
  error_code failed;
  boost::asio::co_spawn(loop, journal->commit(put("1")), [&](std::exception_ptr, Result<auth::LineStore::Fresh> done) {
    failed = done.has_value() ? error_code() : done.error();
  });
  ASSERT_TRUE(until([&] { return waits; }));
  journal->stop_waiting();
  ASSERT_TRUE(until([&] { return bool(failed); }));
  EXPECT_EQ(failed, Errc::store_full);
}

TEST_F(JournalTest, SaysWhenTheStateIsNotWhatItWas) {
  error_code told;
  journal->when_broken([&](error_code why) { told = why; });
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(run(journal->commit(put("1"))));
  server.run({"HSET", auth::key::line("shop"), "version", "1"});
  EXPECT_FALSE(run(journal->commit(put("2"))));
  EXPECT_EQ(told, Errc::state_rolled_back);
}

TEST_F(JournalTest, APurgeCutsDownWhatIsOverNowAndWhatIsPublishedLater) {
  auth::Commit before;
  for (const char* const id : {"over", "open", "new"}) {
    auth::LedgerRecord record;
    record.command_id = id;
    record.origin.timestamp_ms = id == std::string("new") ? unix_ms() + 1000 : unix_ms() - 1000;
    record.state = auth::CommandState::succeeded;
    record.published = id == std::string("over");
    before.ledger.push_back(record);
  }
  const std::vector<auth::LedgerRecord> records = before.ledger;
  ASSERT_TRUE(run(journal->commit(std::move(before))));
  const auto purge = run(purge_ledger(*journal, unix_ms()));
  ASSERT_TRUE(purge);
  EXPECT_EQ(purge->reduced, 1U);
  EXPECT_EQ(purge->dropped, 0U);
  const auto id_of = [&](const char* id) { return run(journal->store().command(id)).value()->command_id; };
  EXPECT_EQ(id_of("over"), "");
  EXPECT_EQ(id_of("open"), "open");

  journal->purge_before(unix_ms());
  for (std::size_t i = 1; i < records.size(); ++i)
    journal->later(auth::published(records[i]));
  ASSERT_TRUE(run(journal->flush()));
  EXPECT_EQ(id_of("open"), "");
  EXPECT_EQ(id_of("new"), "new") << "younger than the purge";
  EXPECT_TRUE(run(journal->store().open_commands())->records.empty());
}

TEST_F(JournalTest, AStatusInPassingGoesWithTheNextCommit) {
  const auto before = version();
  unsigned told = 0;
  journal->when_later([&] { ++told; });
  journal->later_status(to_bytes("connecting"));
  EXPECT_EQ(told, 1U) << "whoever is told flushes before long";
  EXPECT_EQ(version(), before) << "no write of its own";
  ASSERT_TRUE(run(journal->commit(put("v"))));
  EXPECT_EQ(stored(), "connecting");
  EXPECT_EQ(version(), before + 1);
  ASSERT_TRUE(run(journal->flush()));
  EXPECT_EQ(version(), before + 1) << "nothing was left";
}

TEST_F(JournalTest, AStatusInPassingGivesWayToTheNextAndIsNotLostWithoutOne) {
  journal->later_status(to_bytes("connecting"));
  journal->later_status(to_bytes("syncing"));
  ASSERT_TRUE(run(journal->flush()));
  EXPECT_EQ(stored(), "syncing");
  journal->later_status(to_bytes("connecting"));
  auth::Commit next;
  next.status = to_bytes("connected");
  ASSERT_TRUE(run(journal->commit(std::move(next))));
  ASSERT_TRUE(run(journal->flush()));
  EXPECT_EQ(stored(), "connected");
}

}  // namespace
}  // namespace linekeeper::worker
