#include <gtest/gtest.h>

#include "contact_trust.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "session_era.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::int64_t kWeek = 7 * 24 * 3600;
const signal::Address kDevice{"100000000000001_1", 3};
const signal::Address kOther{"100000000000002_1", 0};

Fetched stored(const Changes& changes) {
  Fetched out;
  for (const auto& [field, value] : changes)
    if (value) out[field] = *value;
  return out;
}

TEST(SessionEraTest, BeforeAnyRollbackEverySessionIsGoodAndNothingIsStored) {
  SessionEra era(0);
  std::vector<std::string> names;
  era.add_fields(kDevice, names);
  era.started(kDevice);
  EXPECT_TRUE(names.empty());
  EXPECT_TRUE(era.covers(kDevice));
  EXPECT_TRUE(era.changes().empty());
}

TEST(SessionEraTest, AfterARollbackOnlyWhatWasStartedSinceIsGood) {
  SessionEra era(2);
  std::vector<std::string> names;
  era.add_fields(kDevice, names);
  EXPECT_EQ(names, std::vector<std::string>{era_field(kDevice)});
  era.load({});
  EXPECT_FALSE(era.covers(kDevice));
  era.started(kDevice);
  EXPECT_TRUE(era.covers(kDevice));
  EXPECT_FALSE(era.covers(kOther));

  SessionEra later(2);
  later.load(stored(era.changes()));
  EXPECT_TRUE(later.covers(kDevice));
  EXPECT_TRUE(later.changes().empty());
  SessionEra next(3);
  next.load(stored(era.changes()));
  EXPECT_FALSE(next.covers(kDevice)) << "the state went back once more";
}

TEST(SessionEraTest, AMarkThatDoesNotReadIsNoMark) {
  SessionEra era(1);
  era.load({{era_field(kDevice), Bytes{9, 9, 9}}, {era_field(kOther), {}}});
  EXPECT_FALSE(era.covers(kDevice));
  EXPECT_FALSE(era.covers(kOther));
}

TEST(ContactTrustTest, ATokenIsGoodForItsBucketAndTheThreeAfter) {
  ContactTrust trust;
  EXPECT_FALSE(trust.usable(100 * kWeek));
  ASSERT_TRUE(trust.learn(Bytes{1, 2}, 100 * kWeek + 5));
  EXPECT_TRUE(trust.usable(100 * kWeek + 5));
  EXPECT_TRUE(trust.usable(104 * kWeek - 1));
  EXPECT_FALSE(trust.usable(104 * kWeek));
}

TEST(ContactTrustTest, ANewerTokenReplacesAndAnOlderDoesNot) {
  ContactTrust trust;
  ASSERT_TRUE(trust.learn(Bytes{1}, 50));
  EXPECT_FALSE(trust.learn(Bytes{2}, 49));
  EXPECT_TRUE(trust.learn(Bytes{3}, 50));
  EXPECT_EQ(trust.token, Bytes{3});
  EXPECT_FALSE(trust.learn({}, 60));
  EXPECT_FALSE(trust.learn(Bytes(5000), 60)) << "nobody makes us keep more than a token";
}

TEST(ContactTrustTest, OursIsIssuedOncePerWeek) {
  ContactTrust trust;
  EXPECT_TRUE(trust.due(10 * kWeek));
  trust.issued_at = 10 * kWeek;
  EXPECT_FALSE(trust.due(11 * kWeek - 1));
  EXPECT_TRUE(trust.due(11 * kWeek));
}

TEST(ContactTrustTest, ReadsBackAndRefusesEveryCut) {
  ContactTrust trust;
  trust.token = {1, 2, 3};
  trust.token_at = 1'790'000'000;
  trust.issued_at = 1'780'000'000;
  const Bytes value = trust.write();
  const auto back = ContactTrust::read(value);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->write(), value);
  for (std::size_t n = 0; n < value.size(); ++n)
    EXPECT_EQ(ContactTrust::read(ByteView(value).first(n)).error(), Errc::malformed_value) << n;
}

}  // namespace
}  // namespace linekeeper::transport
