#include "linekeeper/message/padding.hpp"

#include <gtest/gtest.h>

#include <set>

#include "linekeeper/base/errc.hpp"
#include "messaging_vectors.hpp"

namespace linekeeper::transport::message {
namespace {

const auto& vector() {
  return vectors::messaging().at("padding");
}

TEST(PaddingTest, PadsAndUnpadsAsRecorded) {
  const Bytes plain = vectors::hex(vector().at("plaintext"));
  for (const auto& item : vector().at("cases")) {
    SCOPED_TRACE(item.at("pad").dump());
    Bytes padded = plain;
    pad(padded, item.at("pad").get<std::uint8_t>());
    EXPECT_EQ(to_hex(padded), item.at("padded").get<std::string>());
    const auto back = unpad(padded);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(to_hex(*back), to_hex(plain));
  }
}

TEST(PaddingTest, RefusesWhatDoesNotAgree) {
  for (const auto& item : vector().at("invalid_for_strict_receiver")) {
    SCOPED_TRACE(item.at("why").get<std::string>());
    const Bytes padded = vectors::hex(item.at("padded"));
    const auto back = unpad(padded);
    ASSERT_TRUE(back.has_error());
    EXPECT_EQ(back.error(), Errc::malformed_message);
  }
}

TEST(PaddingTest, AcceptsPaddingThatIsAllThereIs) {
  EXPECT_TRUE(unpad(Bytes{1})->empty());
  EXPECT_TRUE(unpad(Bytes(200, 200))->empty());
}

TEST(PaddingTest, RandomPaddingStaysBetweenOneAndFifteen) {
  std::set<std::size_t> seen;
  for (int i = 0; i < 600; ++i) {
    Bytes padded;
    pad(padded);
    seen.insert(padded.size());
    ASSERT_TRUE(unpad(padded).has_value());
  }
  EXPECT_EQ(*seen.begin(), 1U);
  EXPECT_EQ(*seen.rbegin(), 15U);
}

}  // namespace
}  // namespace linekeeper::transport::message
