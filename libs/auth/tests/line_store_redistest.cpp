#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <set>

#include "linekeeper/auth/command_ledger.hpp"
#include "linekeeper/auth/keys.hpp"
#include "linekeeper/crypto/random.hpp"
#include "store_fixture.hpp"

namespace linekeeper::auth {
namespace {

using LineStoreTest = StoreTest;

LedgerRecord record(std::string id, CommandState state, bool published = false) {
  LedgerRecord made;
  made.command_id = std::move(id);
  made.state = state;
  made.published = published;
  made.request = to_bytes("the very text");
  return made;
}

TEST_F(LineStoreTest, KeepsFieldsThatTheNextHolderReads) {
  auto first = line();
  EXPECT_EQ(get(*first, "creds"), "(none)");
  ASSERT_FALSE(commit(*first, put("creds", "secret keys")));
  ASSERT_FALSE(commit(*first, put("sess/49123:7", "ratchet")));
  EXPECT_EQ(first->version(), 2u);
  Commit erase;
  erase.fields["sess/49123:7"] = std::nullopt;
  erase.status = to_bytes("CONNECTED");
  ASSERT_FALSE(commit(*first, std::move(erase)));

  LeaseStore store = leases();
  run(store.release("shop", first->token()));
  auto second = line("shop", "worker-b");
  EXPECT_EQ(second->version(), 3u);
  EXPECT_EQ(as_text(second->head().status), "CONNECTED");
  EXPECT_EQ(get(*second, "creds"), "secret keys");
  EXPECT_EQ(get(*second, "sess/49123:7"), "(none)");
  EXPECT_EQ(run(second->fetch_all())->size(), 1u);
}

TEST_F(LineStoreTest, NothingReadableRestsInTheStore) {
  auto store = line();
  Commit all = put("sess/4912345:7", "plainsecret");
  all.ledger = {record("c1", CommandState::sending)};
  all.pending = {{"e1", 1, to_bytes("plainsecret")}};
  ASSERT_FALSE(commit(*store, std::move(all)));
  const std::string everything = server.run({"HGETALL", key::line("shop")}) +
                                 server.run({"GET", key::command("shop", "c1")}) +
                                 server.run({"HGETALL", key::pending("shop")}) + server.run({"KEYS", "*"});
  for (const char* secret : {"plainsecret", "4912345", "the very text"})
    EXPECT_EQ(everything.find(secret), std::string::npos) << secret;
}

TEST_F(LineStoreTest, RefusesWritesUnderAStolenADeletedOrAnExpiredLease) {
  auto old = line();
  ASSERT_FALSE(commit(*old, put("f", "1")));
  server.run({"DEL", key::lease("shop")});
  EXPECT_EQ(commit(*old, put("f", "2")), Errc::stale_token) << "deleted by hand";

  auto successor = line("shop", "worker-b");
  EXPECT_EQ(commit(*old, put("f", "2")), Errc::stale_token) << "another's";
  EXPECT_EQ(get(*old, "f"), "error: " + make_error_code(Errc::stale_token).message());
  EXPECT_EQ(get(*successor, "f"), "1");

  server.run({"PEXPIRE", key::lease("shop"), "1"});
  ASSERT_TRUE(test::wait_until([&] { return server.run({"EXISTS", key::lease("shop")}) == "0"; }));
  EXPECT_EQ(commit(*successor, put("f", "3")), Errc::stale_token) << "expired";
}

TEST_F(LineStoreTest, NamesAVersionThatMovedOnOrWentBack) {
  auto store = line();
  for (int i = 0; i < 3; ++i)
    ASSERT_FALSE(commit(*store, put("f", "1")));
  server.run({"HSET", key::line("shop"), "version", "9"});
  EXPECT_EQ(commit(*store, put("f", "2")), Errc::stale_version);
  EXPECT_EQ(get(*store, "f"), "error: " + make_error_code(Errc::stale_version).message());
  server.run({"HSET", key::line("shop"), "version", "2"});
  EXPECT_EQ(commit(*store, put("f", "2")), Errc::state_rolled_back);
  EXPECT_EQ(get(*store, "f"), "error: " + make_error_code(Errc::state_rolled_back).message());
}

TEST_F(LineStoreTest, AHeadThatIsNoNumberTakesCommitsAndStaysDamagedUntilAReset) {
  {
    auto store = line();
    ASSERT_FALSE(commit(*store, put("f", "1")));
  }
  server.run({"HSET", key::line("shop"), "version", "1e5", "token", "none"});
  auto store = line();
  EXPECT_TRUE(store->head().damaged);
  Commit outcome;
  outcome.ledger.push_back(record("refused", CommandState::failed));
  EXPECT_FALSE(commit(*store, std::move(outcome)));
  EXPECT_EQ(server.run({"HGET", key::line("shop"), "version"}), "1e5");
  store = line();
  EXPECT_TRUE(store->head().damaged);
  Commit reset;
  reset.wipe = Commit::Wipe::reset;
  EXPECT_FALSE(commit(*store, std::move(reset)));
  EXPECT_FALSE(commit(*store, put("f", "2")));
  store = line();
  EXPECT_FALSE(store->head().damaged);
  EXPECT_EQ(store->version(), 2U);
  EXPECT_EQ(get(*store, "f"), "2");
}

TEST_F(LineStoreTest, SomethingElseInTheLinesPlaceGrantsNoLease) {
  server.run({"SET", key::line("shop"), "no hash"});
  LeaseStore store = leases();
  const auto got = run(store.acquire("shop", 100));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), Errc::malformed_value);
  EXPECT_EQ(server.run({"EXISTS", key::lease("shop")}), "0");
}

TEST_F(LineStoreTest, ACommitCutOffBeforeItRanIsSentAgain) {
  auto store = line();
  ASSERT_FALSE(commit(*store, put("f", "1")));
  // The connection is cut while the script waits to run.
  server.run({"CLIENT", "PAUSE", "300", "WRITE"});
  std::optional<Result<LineStore::Fresh>> outcome;
  boost::asio::co_spawn(loop, store->commit(put("f", "2"), Deadline::after(10s)),
                        [&](std::exception_ptr, Result<LineStore::Fresh> done) { outcome = std::move(done); });
  loop.restart();
  loop.run_for(20ms);
  server.run({"CLIENT", "KILL", "TYPE", "normal"});
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!outcome && std::chrono::steady_clock::now() < deadline)
    loop.run_one_for(10ms);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ(store->version(), 2u);
  EXPECT_EQ(server.run({"HGET", key::line("shop"), "version"}), "2");
  EXPECT_EQ(get(*store, "f"), "2");
}

TEST_F(LineStoreTest, RepeatingACommitThatWasAppliedAnswersOkAndChangesNothing) {
  auto store = line();
  ASSERT_FALSE(commit(*store, put("f", "1")));
  const auto scripts_run = [&] {
    const std::string stats = server.run({"INFO", "commandstats"});
    return std::stoi(stats.substr(stats.find("cmdstat_evalsha:calls=") + 22));
  };
  const int before = scripts_run();
  // The frozen server finds the first attempt and its repetition waiting when it wakes; nobody hears its first answer.
  server.freeze();
  std::optional<Result<LineStore::Fresh>> outcome;
  boost::asio::co_spawn(loop, store->commit(put("f", "2"), Deadline::after(20s)),
                        [&](std::exception_ptr, Result<LineStore::Fresh> done) { outcome = std::move(done); });
  loop.restart();
  loop.run_for(2500ms);
  server.thaw();
  const auto deadline = std::chrono::steady_clock::now() + 15s;
  while (!outcome && std::chrono::steady_clock::now() < deadline)
    loop.run_one_for(10ms);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_GE(scripts_run() - before, 2);
  EXPECT_EQ(server.run({"HGET", key::line("shop"), "version"}), "2");
  EXPECT_EQ(store->version(), 2u);
}

TEST_F(LineStoreTest, SurvivesARestartOfTheServerMidway) {
  auto store = line();
  ASSERT_FALSE(commit(*store, put("f", "1")));
  server.kill();
  std::optional<Result<LineStore::Fresh>> outcome;
  boost::asio::co_spawn(loop, store->commit(put("f", "2"), Deadline::after(20s)),
                        [&](std::exception_ptr, Result<LineStore::Fresh> done) { outcome = std::move(done); });
  loop.restart();
  loop.run_for(50ms);
  EXPECT_FALSE(outcome);
  server.start();
  const auto deadline = std::chrono::steady_clock::now() + 15s;
  while (!outcome && std::chrono::steady_clock::now() < deadline)
    loop.run_one_for(10ms);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ(get(*store, "f"), "2");
}

TEST_F(LineStoreTest, ACommitWithoutAnAnswerEndsAtItsDeadline) {
  auto store = line();
  server.kill();
  EXPECT_EQ(commit(*store, put("f", "1"), Deadline::after(200ms)), Errc::store_unavailable);
}

TEST_F(LineStoreTest, AFullServerRefusesCommitsAndStillRenewsAndWipes) {
  auto store = line();
  ASSERT_FALSE(commit(*store, put("f", "1")));
  server.run({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_EQ(commit(*store, put("f", "2")), Errc::store_full);
  EXPECT_EQ(get(*store, "f"), "1");
  LeaseStore all = leases();
  LeaseTable::Renewal renewal;
  renewal.leases = {{"shop", store->token()}};
  EXPECT_TRUE(run(all.renew(renewal, Deadline::after(5s)))->front().renewed);
  EXPECT_TRUE(run(all.acquire("cafe", 100))) << "a line can still be handed over";
  Commit wipe;
  wipe.wipe = Commit::Wipe::reset;
  EXPECT_FALSE(commit(*store, std::move(wipe)));
  server.run({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_FALSE(commit(*store, put("f", "3")));
}

TEST_F(LineStoreTest, OpenCommandsAndPendingEventsAreListedForTheNextHolder) {
  auto store = line();
  Commit all;
  all.ledger = {record("b", CommandState::sending), record("c", CommandState::failed),
                record("d", CommandState::succeeded, true)};
  all.ledger[0].origin.timestamp_ms = 2;
  all.ledger[1].origin.timestamp_ms = 1;
  all.pending = {{"second", 2, to_bytes("2")}, {"first", 1, to_bytes("1")}};
  ASSERT_FALSE(commit(*store, all));
  auto open = run(store->open_commands());
  ASSERT_TRUE(open);
  ASSERT_EQ(open->records.size(), 2u);
  EXPECT_EQ(open->records[0].command_id, "c");
  EXPECT_EQ(open->records[1], all.ledger[0]);
  EXPECT_EQ(run(store->command("d"))->value(), all.ledger[2]);
  EXPECT_FALSE(run(store->command("nobody"))->has_value());
  auto events = run(store->pending_events());
  ASSERT_EQ(events->events.size(), 2u);
  EXPECT_EQ(events->events[0].id, "first");

  Commit done;
  done.ledger = {record("b", CommandState::succeeded, true)};
  done.published = {"first"};
  ASSERT_FALSE(commit(*store, std::move(done)));
  EXPECT_EQ(run(store->open_commands())->records.size(), 1u);
  EXPECT_EQ(run(store->pending_events())->events.front().id, "second");
  EXPECT_GT(std::stoll(server.run({"PTTL", key::command("shop", "b")})), 7LL * 24 * 3600 * 1000);
}

TEST_F(LineStoreTest, ARepeatedInboundMessageIsToldAndItsEventNotStoredAgain) {
  auto store = line();
  Commit first = put("f", "1");
  first.inbound = {{to_bytes("digest-12345"), PendingEvent{"e1", 1, {}}}};
  EXPECT_EQ(*run(store->commit(first, Deadline::after(5s))), LineStore::Fresh{true});
  Commit again = put("f", "2");
  again.inbound = {{to_bytes("digest-12345"), PendingEvent{"e1-again", 2, {}}},
                   {to_bytes("digest-other"), std::nullopt}};
  EXPECT_EQ(*run(store->commit(again, Deadline::after(5s))), (LineStore::Fresh{false, true}));
  EXPECT_EQ(get(*store, "f"), "2") << "the changes are applied all the same";
  EXPECT_EQ(run(store->pending_events())->events.size(), 1u);
  EXPECT_TRUE(*run(store->has_inbound(to_bytes("digest-12345"))));
  EXPECT_TRUE(*run(store->has_inbound(to_bytes("digest-other"))));
  EXPECT_FALSE(*run(store->has_inbound(to_bytes("digest-never"))));
  // Found for three weeks, whichever week it was written in.
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto week = now / std::chrono::hours(24 * 7);
  server.run({"SADD", key::inbound("shop", week - 2), "digest-older"});
  server.run({"SADD", key::inbound("shop", week - 3), "digest-gone!"});
  EXPECT_TRUE(*run(store->has_inbound(to_bytes("digest-older"))));
  EXPECT_FALSE(*run(store->has_inbound(to_bytes("digest-gone!"))));
  server.kill();
  EXPECT_EQ(run(store->has_inbound(to_bytes("digest-older"))).error(), Errc::store_unavailable);
}

TEST_F(LineStoreTest, AResetLeavesNoCredentialPayloadOrArchive) {
  auto store = line();
  Commit all = put("creds", "x");
  all.pending = {{"e", 1, {}}};
  all.ledger = {record("c", CommandState::failed)};
  ASSERT_FALSE(commit(*store, std::move(all)));
  Commit archive;
  archive.wipe = Commit::Wipe::archive;
  ASSERT_FALSE(commit(*store, std::move(archive)));
  EXPECT_EQ(server.run({"EXISTS", key::archive("shop")}), "1");
  EXPECT_GT(std::stoll(server.run({"PTTL", key::archive("shop")})), 23LL * 3600 * 1000);
  EXPECT_EQ(get(*store, "creds"), "(none)");
  ASSERT_FALSE(commit(*store, put("creds", "new")));
  EXPECT_EQ(get(*store, "creds"), "new");

  Commit reset;
  reset.wipe = Commit::Wipe::reset;
  reset.status = to_bytes("NEEDS_PAIRING");
  reset.audit = to_bytes("who, when, why");
  ASSERT_FALSE(commit(*store, std::move(reset)));
  EXPECT_EQ(server.run({"EXISTS", key::archive("shop"), key::pending("shop")}), "0");
  EXPECT_EQ(server.run({"HKEYS", key::line("shop")}).find("salt"), std::string::npos);
  EXPECT_TRUE(run(store->fetch_all())->empty());
  EXPECT_EQ(store->version(), 4u);
  EXPECT_TRUE(run(store->command("c"))->has_value()) << "ids and outcomes stay";
  EXPECT_EQ(as_text(*run(store->audit())), "who, when, why");
  EXPECT_EQ(server.run({"HGET", key::line("shop"), "audit"}).find("who"), std::string::npos) << "sealed";
}

TEST_F(LineStoreTest, APurgeLeavesOfTheLedgerWhatAnswersARepetitionAndTellsNothing) {
  auto store = line();
  Commit all;
  for (int i = 0; i < 300; ++i) {
    all.ledger.push_back(record("order-" + std::to_string(i), CommandState::succeeded, true));
    all.ledger.back().origin.timestamp_ms = 1'000;
    all.ledger.back().digest.fill(static_cast<std::uint8_t>(i));
  }
  all.inbound = {{to_bytes("digest-12345"), std::nullopt}};
  ASSERT_FALSE(commit(*store, std::move(all)));
  const auto before = run(store->inventory());
  ASSERT_TRUE(before);
  EXPECT_EQ(before->commands, 300u);
  EXPECT_EQ(before->inbound, 1u);

  std::set<std::string> seen;
  std::string cursor = "0";
  do {
    auto page = run(store->ledger_page(cursor));
    ASSERT_TRUE(page);
    Commit cut;
    for (auto& [tag, found] : page->records) {
      ASSERT_TRUE(found);
      if (!seen.insert(tag).second || found->command_id.empty()) continue;
      // The first is past its time, the others have five days left.
      const UnixMs now = found->command_id == "order-0" ? UnixMs{1'000} + std::chrono::milliseconds(kLedgerKept).count()
                                                        : UnixMs{1'000} + 3 * 86'400'000;
      cut.cut.push_back(cut_down(*found, now));
    }
    cut.forget_inbound = true;
    ASSERT_FALSE(commit(*store, std::move(cut)));
    cursor = page->next;
  } while (cursor != "0");
  EXPECT_EQ(seen.size(), 300u);

  EXPECT_FALSE(run(store->command("order-0"))->has_value());
  const auto kept = run(store->command("order-7"));
  ASSERT_TRUE(kept && *kept);
  EXPECT_EQ((*kept)->command_id, "");
  EXPECT_EQ((*kept)->message_id, "");
  IncomingCommand again;
  again.command_id = "order-7";
  again.digest.fill(7);
  EXPECT_EQ(on_command(again, *kept, {}, 5'000).kind, LedgerDecision::Kind::done);
  again.digest.fill(8);
  EXPECT_EQ(on_command(again, *kept, {}, 5'000).refusal, LedgerDecision::Refusal::reused);
  const long long left = std::stoll(server.run({"PTTL", key::command("shop", "order-7")}));
  EXPECT_LE(left, 5LL * 86'400'000);
  EXPECT_GT(left, 5LL * 86'400'000 - 60'000);
  EXPECT_EQ(run(store->inventory())->commands, 299u);
  EXPECT_EQ(run(store->inventory())->inbound, 0u);
}

TEST_F(LineStoreTest, WhatDoesNotOpenIsToldFromWhatDoes) {
  auto store = line();
  Commit all;
  all.ledger = {record("old", CommandState::sending)};
  all.pending = {{"e-old", 1, {}}};
  ASSERT_FALSE(commit(*store, std::move(all)));
  // Whoever comes next lacks the key.
  keys = ring({"k2"});
  run(leases().release("shop", store->token()));
  auto next = line("shop", "worker-b");
  Commit more;
  more.ledger = {record("new", CommandState::sending)};
  more.pending = {{"e-new", 2, {}}};
  ASSERT_FALSE(commit(*next, std::move(more)));
  const auto open = run(next->open_commands());
  ASSERT_TRUE(open);
  ASSERT_EQ(open->records.size(), 1u);
  EXPECT_EQ(open->records[0].command_id, "new");
  EXPECT_EQ(open->unreadable, std::vector{command_tag("old")});
  const auto pending = run(next->pending_events());
  EXPECT_EQ(pending->events.size(), 1u);
  EXPECT_EQ(pending->unreadable, 1u);
  EXPECT_TRUE(unreadable(run(next->command("old")).error()));

  Commit drop;
  drop.wipe = Commit::Wipe::reset;
  drop.cut = {{open->unreadable[0], {}, {}}};
  ASSERT_FALSE(commit(*next, std::move(drop)));
  EXPECT_EQ(server.run({"EXISTS", key::command("shop", "old"), key::pending("shop")}), "0");
  EXPECT_TRUE(run(next->open_commands())->unreadable.empty());
}

TEST_F(LineStoreTest, AnArchiveOpensForWhoeverHasTheKey) {
  auto store = line();
  EXPECT_EQ(run(store->archive()).error(), Errc::not_found);
  Commit all = put("creds", "x");
  all.fields["sess/1"] = to_bytes("y");
  ASSERT_FALSE(commit(*store, std::move(all)));
  Commit wipe;
  wipe.wipe = Commit::Wipe::archive;
  ASSERT_FALSE(commit(*store, std::move(wipe)));
  const auto fields = run(store->archive());
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->size(), 2u);
  EXPECT_EQ(as_text(fields->at("creds")), "x");
  store->use(ring({"k2"}));
  EXPECT_EQ(run(store->archive()).error(), Errc::unknown_key);
}

TEST_F(LineStoreTest, ReSealsUnderTheRingsFirstKey) {
  auto store = line();
  Commit all = put("a", "1");
  all.fields["b"] = to_bytes("2");
  all.ledger = {record("c", CommandState::sending)};
  ASSERT_FALSE(commit(*store, std::move(all)));
  store->use(ring({"k2", "k1"}));
  EXPECT_TRUE(store->wants_resealing());
  EXPECT_EQ(get(*store, "a"), "1");
  ASSERT_TRUE(run(store->reseal(Deadline::after(5s))));
  EXPECT_FALSE(store->wants_resealing());
  store->use(ring({"k2"}));
  EXPECT_EQ(get(*store, "a"), "1");
  EXPECT_EQ(run(store->fetch_all())->size(), 2u);
  EXPECT_EQ(run(store->open_commands())->records.size(), 1u);
}

TEST_F(LineStoreTest, NamesAWrongRingGarbageAndANewerFormat) {
  auto store = line();
  ASSERT_FALSE(commit(*store, put("a", "1")));
  std::string name = [&] {
    for (const char* known : {"token", "version", "commit", "run", "fresh", "key", "salt"})
      server.run({"HGET", key::line("shop"), known});
    const std::string salt = server.run({"HGET", key::line("shop"), "salt"});
    return Sealer(keys->first(), "shop", as_bytes(salt)).stored_name("a");
  }();
  const std::string value = server.run({"HGET", key::line("shop"), name});
  const auto with = [&](std::string stored) {
    server.run({"HSET", key::line("shop"), name, std::move(stored)});
    std::vector<std::string> names{"a"};
    return run(store->fetch(std::move(names))).error();
  };
  EXPECT_EQ(with(""), Errc::malformed_value);
  EXPECT_EQ(with(value.substr(0, 10)), Errc::malformed_value);
  EXPECT_EQ(with(value.substr(0, value.size() - 1)), Errc::decrypt_failed);
  std::string newer = value;
  newer[0] = 2;
  EXPECT_EQ(with(newer), Errc::unsupported_version);
  server.run({"HSET", key::line("shop"), name, value});
  server.run({"HSET", key::line("shop"), "version", "many"});
  EXPECT_EQ(with(value), Errc::malformed_value);
  server.run({"HSET", key::line("shop"), "version", "1"});

  keys = ring({"other"});
  LeaseStore all = leases();
  run(all.release("shop", store->token()));
  auto stranger = line("shop", "worker-b");
  EXPECT_EQ(get(*stranger, "a"), "error: " + make_error_code(Errc::unknown_key).message());
}

TEST_F(LineStoreTest, MeasuresWhatAnIdleLineTakes) {
  auto store = line();
  Commit paired;
  // 812 one-time prekeys, 32 to a block, 32 bytes of private key each; credentials and one signed prekey.
  for (int block = 0; block < 26; ++block)
    paired.fields["pk/" + std::to_string(block)] = crypto::random_bytes(32 * 32 + 8);
  paired.fields["creds"] = crypto::random_bytes(700);
  paired.fields["spk/1"] = crypto::random_bytes(140);
  paired.status = crypto::random_bytes(40);
  ASSERT_FALSE(commit(*store, std::move(paired)));
  long long bytes = 0;
  for (const std::string& name : {key::line("shop"), key::lease("shop")})
    bytes += std::stoll(server.run({"MEMORY", "USAGE", name, "SAMPLES", "0"}));
  RecordProperty("bytes_per_idle_line", std::to_string(bytes));
  std::printf("Redis memory per idle line: %lld bytes\n", bytes);
  EXPECT_GT(bytes, 26 * 1024);
}

}  // namespace
}  // namespace linekeeper::auth
