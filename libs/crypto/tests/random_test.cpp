#include "linekeeper/crypto/random.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
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

TEST(RandomTest, SmallDrawsOfAChildAreNotItsParents) {
  // What was drawn in advance must not come twice, here and there.
  (void)random_u64();
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::uint64_t drawn = random_u64();
    const bool told = write(ends[1], &drawn, sizeof drawn) == sizeof drawn;
    _exit(told ? 0 : 1);
  }
  const std::uint64_t mine = random_u64();
  std::uint64_t theirs = 0;
  ASSERT_EQ(read(ends[0], &theirs, sizeof theirs), static_cast<ssize_t>(sizeof theirs));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  close(ends[0]);
  close(ends[1]);
  EXPECT_EQ(status, 0);
  EXPECT_NE(mine, theirs);
}

TEST(RandomTest, SmallDrawsAreAllDifferentOverManyBlocks) {
  std::set<Bytes> seen;
  for (int i = 0; i < 5000; ++i)
    EXPECT_TRUE(seen.insert(random_bytes(12)).second);
}

}  // namespace
}  // namespace linekeeper::crypto
