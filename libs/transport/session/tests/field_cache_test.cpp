#include "field_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "field_families.hpp"

namespace linekeeper::transport {
namespace {

class FieldCacheTest : public ::testing::Test {
 protected:
  Fetched known(const std::vector<std::string>& names) {
    unknown.clear();
    return cache.known(names, unknown);
  }
  void found(const std::vector<std::string>& names, const Fetched& answer) {
    cache.found(names, answer, cache.version());
  }

  FieldCache cache;
  std::vector<std::string> unknown;
};

TEST_F(FieldCacheTest, RemembersWhatWasFoundAndWhatDoesNotExist) {
  found({"sess/1.0", "ident/1.0"}, {{"sess/1.0", Bytes{1}}});
  const auto got = known({"sess/1.0", "ident/1.0", "sess/2.0"});
  EXPECT_EQ(got, (Fetched{{"sess/1.0", Bytes{1}}}));
  EXPECT_EQ(unknown, std::vector<std::string>{"sess/2.0"});
}

TEST_F(FieldCacheTest, AWriteReplacesAndErases) {
  found({"dev/a", "dev/b"}, {{"dev/a", Bytes{1}}, {"dev/b", Bytes{1}}});
  cache.write({{"dev/a", Bytes{2}}, {"dev/b", std::nullopt}});
  cache.written();
  EXPECT_EQ(known({"dev/a", "dev/b"}), (Fetched{{"dev/a", Bytes{2}}}));
  EXPECT_TRUE(unknown.empty());
}

TEST_F(FieldCacheTest, AnAnswerThatCrossesAWriteIsNotRemembered) {
  const auto before = cache.version();
  cache.write({{"sess/1.0", Bytes{2}}});
  cache.found({"sess/1.0", "sess/2.0"}, {{"sess/1.0", Bytes{1}}}, before);
  const auto during = cache.version();
  cache.found({"sess/2.0"}, {}, during);
  cache.written();
  cache.found({"sess/2.0"}, {}, during);
  EXPECT_EQ(known({"sess/1.0", "sess/2.0"}), (Fetched{{"sess/1.0", Bytes{2}}}));
  EXPECT_EQ(unknown, std::vector<std::string>{"sess/2.0"});
}

TEST_F(FieldCacheTest, KeepsNothingThatIsNotForConversations) {
  found({"creds", "pk/1", "prekeys"}, {{"creds", Bytes{1}}, {"pk/1", Bytes{1}}});
  EXPECT_TRUE(known({"creds", "pk/1", "prekeys"}).empty());
  EXPECT_EQ(unknown.size(), 3U);
}

TEST_F(FieldCacheTest, StaysBounded) {
  for (int i = 0; i < 500; ++i) {
    const std::string name = "retry/" + std::to_string(i);
    found({name}, {{name, Bytes(4000)}});
    ASSERT_LE(cache.size(), FieldCache::kBytes);
  }
  EXPECT_FALSE(known({"retry/499"}).empty());
  EXPECT_TRUE(known({"retry/0"}).empty());
  found({"retry/500"}, {{"retry/500", Bytes(100'000)}});
  EXPECT_TRUE(known({"retry/500"}).empty()) << "one value must not push out all others";
  cache.clear();
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_TRUE(known({"retry/499"}).empty());
}

TEST_F(FieldCacheTest, AConversationUnderWayAsksForAllOfAKindAtOnce) {
  std::vector<std::string> wanted{"retry/7"};
  add_families(cache, wanted);
  EXPECT_EQ(wanted.size(), 1U) << "a single message does not";
  found({"retry/1", "retry/2"}, {{"retry/1", Bytes{1}}});
  wanted = {"dev/a", "retry/7"};
  add_families(cache, wanted);
  EXPECT_EQ(wanted.size(), 63U);
  EXPECT_THAT(wanted, ::testing::IsSupersetOf({"dev/a", "retry/0", "retry/7", "retry/63"}));
  EXPECT_THAT(wanted, ::testing::Not(::testing::Contains("retry/1")));
  wanted = {"dev/a"};
  add_families(cache, wanted);
  EXPECT_EQ(wanted.size(), 1U);
}

TEST_F(FieldCacheTest, WhatGrewTooLargeIsForgottenNotLeftOld) {
  found({"retry/1"}, {{"retry/1", Bytes{1}}});
  cache.write({{"retry/1", Bytes(100'000)}});
  cache.written();
  EXPECT_TRUE(known({"retry/1"}).empty());
  EXPECT_EQ(unknown.size(), 1U);
}

}  // namespace
}  // namespace linekeeper::transport
