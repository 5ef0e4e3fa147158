#include "linekeeper/auth/keys.hpp"
#include "linekeeper/auth/store_marker.hpp"
#include "store_fixture.hpp"

namespace linekeeper::auth {
namespace {

using StoreMarkerTest = StoreTest;

TEST_F(StoreMarkerTest, IsAbsentThenMadeOnceAndNobodyWaits) {
  StoreMarker marker(*connection, keys);
  EXPECT_FALSE(run(marker.read())->has_value());
  const auto made = run(marker.create());
  ASSERT_TRUE(made);
  EXPECT_GT(made->known_for, 24h);
  const auto again = run(marker.create());
  EXPECT_EQ(again->id, made->id);
  EXPECT_EQ(again->number_key, made->number_key);
  EXPECT_EQ(run(marker.read())->value().id, made->id);
}

TEST_F(StoreMarkerTest, NotesANewRunIdAndSinceWhen) {
  StoreMarker marker(*connection, keys);
  const auto before = run(marker.create());
  server.kill();
  server.start();
  Result<std::optional<StoreState>> after = Errc::store_unavailable;
  for (int i = 0; i < 50 && !after; ++i)
    after = run(marker.read());
  ASSERT_TRUE(after && *after);
  EXPECT_NE((*after)->run_id, before->run_id);
  EXPECT_LT((*after)->known_for, 1min);
}

TEST_F(StoreMarkerTest, ItsSecretIsReSealed) {
  StoreMarker old(*connection, keys);
  const auto before = run(old.create());
  StoreMarker both(*connection, ring({"k2", "k1"}));
  ASSERT_TRUE(run(both.reseal()));
  StoreMarker fresh(*connection, ring({"k2"}));
  EXPECT_EQ(run(fresh.read())->value().number_key, before->number_key);
  EXPECT_EQ(run(old.read()).error(), Errc::unknown_key);
}

TEST(StoreVerdictTest, TellsANewInstallationFromALostStore) {
  EXPECT_EQ(judge_store({.marker_present = true, .committed_offsets = true}), StoreVerdict::known);
  EXPECT_EQ(judge_store({}), StoreVerdict::new_installation);
  EXPECT_EQ(judge_store({.committed_offsets = true}), StoreVerdict::lost);
  EXPECT_EQ(judge_store({.marker_seen_before = true}), StoreVerdict::lost);
}

}  // namespace
}  // namespace linekeeper::auth
