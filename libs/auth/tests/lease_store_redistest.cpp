#include <gmock/gmock.h>

#include "linekeeper/auth/keys.hpp"
#include "store_fixture.hpp"

namespace linekeeper::auth {
namespace {

class LeaseStoreTest : public StoreTest {
 protected:
  bool seek(LeaseStore& store, std::string session, std::uint64_t since_us, bool ask) {
    LeaseSearch::Look look;
    look.bucket = bucket_of(session);
    look.lines.push_back({std::move(session), since_us, ask});
    const auto free = run(store.seek(std::move(look)));
    EXPECT_TRUE(free);
    return free && free->front();
  }
};

TEST_F(LeaseStoreTest, TokensGrowEvenWhenTheCounterIsLost) {
  LeaseStore store = leases();
  const FencingToken first = acquire("shop").token;
  EXPECT_FALSE(run(store.release("shop", first))->has_value());
  server.run({"DEL", key::line("shop")});
  const FencingToken second = acquire("shop").token;
  EXPECT_GT(second, first);
  server.run({"HSET", key::line("shop"), "token", "5000000000000000"});
  run(store.release("shop", second));
  EXPECT_EQ(acquire("shop").token, 5000000000000001u);
}

TEST_F(LeaseStoreTest, AHeldLeaseIsBusyForOthersAndGrantedAnewToItsOwnHolder) {
  const FencingToken first = acquire("shop", "worker-a").token;
  LeaseStore other = leases("worker-b");
  EXPECT_EQ(run(other.acquire("shop", 100)).error(), Errc::lease_busy);
  EXPECT_GT(acquire("shop", "worker-a").token, first);
}

TEST_F(LeaseStoreTest, OneScriptRenewsABucketAndSaysWhichAreLostAndWanted) {
  LeaseStore store = leases();
  const FencingToken shop = acquire("shop").token;
  const FencingToken cafe = acquire("cafe").token;
  acquire("bar");
  LeaseStore other = leases("worker-b");
  EXPECT_EQ(seek(other, "shop", 100, true), false);
  server.run({"DEL", key::lease("cafe")});
  LeaseTable::Renewal renewal;
  renewal.leases = {{"shop", shop}, {"cafe", cafe}, {"bar", 1}};
  const auto results = run(store.renew(renewal, Deadline::after(5s)));
  ASSERT_TRUE(results);
  EXPECT_TRUE((*results)[0].renewed);
  EXPECT_EQ((*results)[0].wanted, (Wanted{"worker-b", 100}));
  EXPECT_FALSE((*results)[1].renewed);
  EXPECT_FALSE((*results)[2].renewed) << "another's token";
}

TEST_F(LeaseStoreTest, OfTwoMarksTheLaterAssignmentWinsAndKeepsOthersOff) {
  LeaseStore store = leases();
  LeaseStore early = leases("early");
  LeaseStore late = leases("late");
  const FencingToken token = acquire("shop").token;
  EXPECT_FALSE(seek(early, "shop", 100, true));
  EXPECT_FALSE(seek(late, "shop", 200, true));
  EXPECT_FALSE(seek(early, "shop", 100, true));
  EXPECT_EQ(run(store.release("shop", token))->value(), (Wanted{"late", 200}));
  EXPECT_FALSE(seek(early, "shop", 100, true)) << "free, but not for it";
  EXPECT_EQ(run(early.acquire("shop", 100)).error(), Errc::lease_busy);
  EXPECT_TRUE(seek(late, "shop", 200, true));
  ASSERT_TRUE(run(late.acquire("shop", 200)));
  EXPECT_EQ(server.run({"EXISTS", key::wanted("shop")}), "0") << "who has it wants it no longer";
}

TEST_F(LeaseStoreTest, WhoOnlyLooksLeavesNoMark) {
  LeaseStore other = leases("worker-b");
  acquire("shop");
  EXPECT_FALSE(seek(other, "shop", 100, false));
  EXPECT_EQ(server.run({"EXISTS", key::wanted("shop")}), "0");
}

TEST_F(LeaseStoreTest, AMarkLastsOneTtlAndIsRenewedBeforeThat) {
  LeaseStore other = leases("worker-b");
  acquire("shop");
  seek(other, "shop", 100, true);
  server.run({"PEXPIRE", key::wanted("shop"), "7000"});
  seek(other, "shop", 100, true);
  EXPECT_GT(std::stoi(server.run({"PTTL", key::wanted("shop")})), 14000);
}

TEST_F(LeaseStoreTest, AnAcquisitionNeverOutlivesItsConnection) {
  LeaseStore store = leases();
  const FencingToken token = acquire("shop").token;
  run(store.release("shop", token));
  server.kill();
  ASSERT_TRUE(test::wait_until([&] {
    loop.restart();
    loop.poll();
    return !connection->connected();
  }));
  EXPECT_EQ(run(store.acquire("shop", 100)).error(), Errc::store_unavailable) << "it does not wait for the next server";
}

TEST_F(LeaseStoreTest, ReleasingAnothersLeaseChangesNothing) {
  const FencingToken token = acquire("shop").token;
  LeaseStore store = leases("worker-b");
  run(store.release("shop", token - 1));
  EXPECT_EQ(run(store.acquire("shop", 100)).error(), Errc::lease_busy);
}

TEST_F(LeaseStoreTest, TwoProcessesWithOneWorkerIdAreToldApart) {
  LeaseStore one = leases("w/1");
  LeaseStore two = leases("w/2");
  EXPECT_EQ(*run(one.present("w")), "w/1");
  EXPECT_EQ(*run(two.present("w")), "w/1");
  EXPECT_EQ(*run(one.present("w")), "w/1");
  server.run({"DEL", key::worker("w")});
  EXPECT_EQ(*run(two.present("w")), "w/2");
}

TEST_F(LeaseStoreTest, EachBucketKnowsItsSessions) {
  acquire("shop");
  LeaseStore store = leases();
  EXPECT_THAT(*run(store.sessions(bucket_of("shop"))), testing::ElementsAre("shop"));
}

}  // namespace
}  // namespace linekeeper::auth
