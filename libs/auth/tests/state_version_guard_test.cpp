#include "linekeeper/auth/state_version_guard.hpp"

#include <gtest/gtest.h>

namespace linekeeper::auth {
namespace {

using redis::Persistence;
using Verdict = StateVersionGuard::Verdict;

TEST(StateVersionGuardTest, NoticesALowerVersionOnce) {
  StateVersionGuard guard;
  EXPECT_EQ(guard.on_read(5, "a", "a", Persistence::always), Verdict::fine);
  guard.on_committed(6);
  EXPECT_EQ(guard.on_read(5, "a", "a", Persistence::always), Verdict::rolled_back);
  EXPECT_EQ(guard.on_read(5, "a", "a", Persistence::always), Verdict::fine);
  EXPECT_EQ(guard.on_read(0, "", "a", Persistence::always), Verdict::rolled_back);
}

TEST(StateVersionGuardTest, ANewRunIdCountsOnlyUnderWeakerOrUnknownPersistence) {
  EXPECT_EQ(StateVersionGuard().on_read(5, "a", "b", Persistence::always), Verdict::fine);
  EXPECT_EQ(StateVersionGuard().on_read(5, "a", "b", Persistence::weak), Verdict::rolled_back);
  EXPECT_EQ(StateVersionGuard().on_read(5, "a", "b", Persistence::unknown), Verdict::rolled_back);
  EXPECT_EQ(StateVersionGuard().on_read(5, "b", "b", Persistence::weak), Verdict::fine);
  EXPECT_EQ(StateVersionGuard().on_read(0, "", "b", Persistence::weak), Verdict::fine) << "never written";
}

}  // namespace
}  // namespace linekeeper::auth
