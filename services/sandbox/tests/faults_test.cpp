#include "faults.hpp"

#include <gtest/gtest.h>

#include "sent_index.hpp"

namespace linekeeper::sandbox {
namespace {

Fault fault(const char* kind, std::map<std::string, std::string, std::less<>> parameters = {}) {
  Fault out;
  out.kind = kind;
  out.parameters = std::move(parameters);
  return out;
}

TEST(FaultsTest, AFaultHitsAsOftenAsOrderedAndIsGone) {
  Faults faults;
  std::string why;
  Fault twice = fault("duplicate");
  twice.times = 2;
  ASSERT_TRUE(faults.add(twice, why));
  EXPECT_TRUE(faults.take("duplicate", {}));
  EXPECT_TRUE(faults.take("duplicate", {}));
  EXPECT_FALSE(faults.take("duplicate", {}));
  EXPECT_TRUE(faults.all().empty());
}

TEST(FaultsTest, WithoutANumberItStaysUntilCleared) {
  Faults faults;
  std::string why;
  const auto id = faults.add(fault("duplicate"), why);
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(faults.take("duplicate", {}));
  EXPECT_EQ(faults.all().front().hits, 5U);
  EXPECT_TRUE(faults.remove(*id));
  EXPECT_FALSE(faults.remove(*id));
  EXPECT_FALSE(faults.take("duplicate", {}));
}

TEST(FaultsTest, OnlyTheNamedSubjectIsHit) {
  Faults faults;
  std::string why;
  Fault aimed = fault("duplicate");
  aimed.phone = "491701111111";
  aimed.device = 2;
  ASSERT_TRUE(faults.add(aimed, why));
  EXPECT_FALSE(faults.take("duplicate", {7, "491702222222", 2}));
  EXPECT_FALSE(faults.take("duplicate", {7, "491701111111", 1}));
  EXPECT_TRUE(faults.take("duplicate", {7, "491701111111", 2}));
}

TEST(FaultsTest, UnknownKindsParametersAndValuesAreNamed) {
  Faults faults;
  std::string why;
  EXPECT_FALSE(faults.add(fault("nonsense"), why));
  EXPECT_NE(why.find("nonsense"), std::string::npos);
  EXPECT_FALSE(faults.add(fault("ack", {{"colour", "red"}}), why));
  EXPECT_NE(why.find("colour"), std::string::npos);
  EXPECT_FALSE(faults.add(fault("ack", {{"code", "many"}}), why));
  EXPECT_NE(why.find("code"), std::string::npos);
  Fault never = fault("ack");
  never.times = 0;
  EXPECT_FALSE(faults.add(never, why));
  EXPECT_TRUE(faults.all().empty());
}

TEST(FaultsTest, AParameterChoosesAmongFaultsOfOneKind) {
  Faults faults;
  std::string why;
  ASSERT_TRUE(faults.add(fault("iq", {{"xmlns", "privacy"}}), why));
  EXPECT_FALSE(faults.take("iq", {}, "xmlns", "usync"));
  EXPECT_TRUE(faults.take("iq", {}, "xmlns", "privacy"));
  ASSERT_TRUE(faults.add(fault("iq", {{"code", "500"}}), why));
  EXPECT_TRUE(faults.take("iq", {}, "xmlns", "usync"));
}

TEST(FaultsTest, ADropCountsStanzasInItsDirection) {
  Faults faults;
  std::string why;
  Fault drop = fault("drop", {{"after", "2"}, {"direction", "out"}});
  drop.times = 1;
  ASSERT_TRUE(faults.add(drop, why));
  EXPECT_FALSE(faults.count_stanza({}, true));
  EXPECT_FALSE(faults.count_stanza({}, false));
  EXPECT_FALSE(faults.count_stanza({}, true));
  EXPECT_TRUE(faults.count_stanza({}, false));
  EXPECT_FALSE(faults.count_stanza({}, false));
}

TEST(SentIndexTest, RemembersTheLatestSenderAndForgetsTheOldest) {
  SentIndex index(2);
  EXPECT_FALSE(index.note("A", {nullptr, 1}));
  EXPECT_TRUE(index.note("A", {nullptr, 1}));
  EXPECT_FALSE(index.note("A", {nullptr, 2}));
  EXPECT_EQ(index.find("A").device, 2);
  index.note("B", {nullptr, 3});
  index.note("C", {nullptr, 4});
  EXPECT_EQ(index.find("A").device, 0);
  EXPECT_EQ(index.find("C").device, 4);
}

}  // namespace
}  // namespace linekeeper::sandbox
