#include "linekeeper/crypto/random.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace linekeeper::crypto {
namespace {

TEST(RandomTest, GivesWhatWasAskedForAndNeverTheSame) {
  EXPECT_TRUE(random_bytes(0).empty());
  EXPECT_EQ(random_bytes(33).size(), 33U);
  EXPECT_NE(random_key32(), random_key32());
  EXPECT_NE(random_u64(), random_u64());
}

TEST(RandomTest, StaysBelowItsBoundAndReachesAllOfIt) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 300; ++i) {
    const auto value = random_below(3);
    ASSERT_LT(value, 3U);
    seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 3U);
  EXPECT_EQ(random_below(1), 0U);
  EXPECT_LT(random_below(std::numeric_limits<std::uint64_t>::max()), std::numeric_limits<std::uint64_t>::max());
}

}  // namespace
}  // namespace linekeeper::crypto
