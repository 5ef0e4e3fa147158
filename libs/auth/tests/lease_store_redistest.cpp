#include <gmock/gmock.h>

#include "linekeeper/auth/keys.hpp"
#include "store_fixture.hpp"

namespace linekeeper::auth {
namespace {

using LeaseStoreTest = StoreTest;

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
  EXPECT_EQ(run(other.acquire("shop")).error(), Errc::lease_busy);
  EXPECT_GT(acquire("shop", "worker-a").token, first);
}

TEST_F(LeaseStoreTest, OneScriptRenewsABucketAndSaysWhichAreLostAndWanted) {
  LeaseStore store = leases();
  const FencingToken shop = acquire("shop").token;
  const FencingToken cafe = acquire("cafe").token;
  acquire("bar");
  LeaseStore other = leases("worker-b");
  EXPECT_EQ(run(other.want("shop", {"worker-b", 100}))->name, "worker-b");
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

TEST_F(LeaseStoreTest, OfTwoMarksTheLaterAssignmentWins) {
  LeaseStore store = leases();
  run(store.want("shop", {"early", 100}));
  EXPECT_EQ(run(store.want("shop", {"late", 200}))->name, "late");
  EXPECT_EQ(run(store.want("shop", {"early", 100}))->name, "late");
  run(store.unwant("shop", "early"));
  const FencingToken token = acquire("shop").token;
  EXPECT_EQ(run(store.release("shop", token))->value().name, "late");
  run(store.unwant("shop", "late"));
  EXPECT_FALSE(run(store.release("shop", token))->has_value());
}

TEST_F(LeaseStoreTest, ReleasingAnothersLeaseChangesNothing) {
  const FencingToken token = acquire("shop").token;
  LeaseStore store = leases("worker-b");
  run(store.release("shop", token - 1));
  EXPECT_EQ(run(store.acquire("shop")).error(), Errc::lease_busy);
}

TEST_F(LeaseStoreTest, EachBucketKnowsItsSessions) {
  acquire("shop");
  LeaseStore store = leases();
  EXPECT_THAT(*run(store.sessions(bucket_of("shop"))), testing::ElementsAre("shop"));
}

}  // namespace
}  // namespace linekeeper::auth
