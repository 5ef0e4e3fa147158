#include "linekeeper/base/token_bucket.hpp"

#include <gtest/gtest.h>

namespace linekeeper {
namespace {
using namespace std::chrono_literals;

const TokenBucket::Clock::time_point kStart{1000h};

TEST(TokenBucketTest, ABurstGoesAtOnceAndTheRestAtTheRate) {
  TokenBucket bucket(1.0, 5);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(bucket.reserve(kStart), kStart);
  EXPECT_EQ(bucket.reserve(kStart), kStart + 1s);
  EXPECT_EQ(bucket.reserve(kStart), kStart + 2s);
}

TEST(TokenBucketTest, TokensComeBackWithTimeButNeverMoreThanABurst) {
  TokenBucket bucket(2.0, 2);
  bucket.reserve(kStart);
  bucket.reserve(kStart);
  EXPECT_EQ(bucket.available_at(kStart), kStart + 500ms);
  const auto later = kStart + 1h;
  EXPECT_EQ(bucket.reserve(later), later);
  EXPECT_EQ(bucket.reserve(later), later);
  EXPECT_EQ(bucket.reserve(later), later + 500ms);
}

}  // namespace
}  // namespace linekeeper
