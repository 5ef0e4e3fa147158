#include "linekeeper/auth/keys.hpp"
#include "linekeeper/auth/line_reader.hpp"
#include "store_fixture.hpp"

namespace linekeeper::auth {
namespace {

class LineReaderTest : public StoreTest {
 protected:
  LineReader reader(std::shared_ptr<const KeyRing> with) { return LineReader(*connection, std::move(with)); }
  std::vector<LineGlance> glance(std::vector<std::string> sessions) {
    LineReader reads = reader(keys);
    return run(reads.glance(std::move(sessions))).value();
  }
};

TEST_F(LineReaderTest, ListsEverySessionOnceAndSorted) {
  for (const char* const session : {"shop", "berlin/1", "späti"})
    acquire(session);
  LineReader reads = reader(nullptr);
  EXPECT_EQ(run(reads.sessions()).value(), (std::vector<std::string>{"berlin/1", "shop", "späti"}));
}

TEST_F(LineReaderTest, ShowsHeadAndHolderWithoutTakingTheLease) {
  auto store = line("shop", "worker-a");
  Commit status = put("creds", "keys");
  status.status = to_bytes("CONNECTED");
  ASSERT_FALSE(commit(*store, std::move(status)));
  const auto lines = glance({"shop", "nobody"});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].known);
  EXPECT_EQ(lines[0].holder, "worker-a");
  EXPECT_EQ(lines[0].head.token, store->token());
  EXPECT_EQ(lines[0].head.key_id, "k1");
  EXPECT_EQ(as_text(lines[0].head.status), "CONNECTED");
  EXPECT_FALSE(lines[1].known);
  EXPECT_TRUE(lines[1].holder.empty());
  ASSERT_FALSE(commit(*store, put("creds", "still mine")));
}

TEST_F(LineReaderTest, OpensFieldsAndCommandsOnlyWithTheRightRing) {
  auto store = line();
  Commit all = put("creds", "keys");
  LedgerRecord done;
  done.command_id = "c1";
  done.state = CommandState::succeeded;
  all.ledger.push_back(done);
  ASSERT_FALSE(commit(*store, std::move(all)));
  const auto lines = glance({"shop", "nobody"});

  LineReader with = reader(keys);
  const auto opened = run(with.field(lines, "creds")).value();
  EXPECT_EQ(as_text(opened.at(0).value()), "keys");
  EXPECT_FALSE(opened.at(1));
  EXPECT_EQ(run(with.command("shop", "c1")).value().value().state, CommandState::succeeded);
  EXPECT_FALSE(run(with.command("shop", "c2")).value());

  LineReader without = reader(nullptr);
  EXPECT_FALSE(run(without.field(lines, "creds")).value().at(0));
  EXPECT_EQ(run(without.command("shop", "c1")).error(), Errc::unknown_key);
  LineReader foreign = reader(ring({"k2"}));
  EXPECT_FALSE(run(foreign.field(lines, "creds")).value().at(0));
  EXPECT_EQ(run(foreign.command("shop", "c1")).error(), Errc::unknown_key);
}

TEST_F(LineReaderTest, SaysThatTheStoreIsAway) {
  server.kill();
  LineReader reads = reader(keys);
  EXPECT_EQ(run(reads.sessions()).error(), Errc::store_unavailable);
}

}  // namespace
}  // namespace linekeeper::auth
