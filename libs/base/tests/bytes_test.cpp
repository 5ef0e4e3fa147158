#include "linekeeper/base/bytes.hpp"

#include <gtest/gtest.h>

namespace linekeeper {
namespace {

TEST(BytesTest, HexGoesBothWaysAndRefusesForeignCharacters) {
  EXPECT_EQ(to_hex(Bytes{0x00, 0xab, 0xff}), "00abff");
  EXPECT_EQ(from_hex("00aBFf"), (Bytes{0x00, 0xab, 0xff}));
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}

TEST(BytesTest, Base64MatchesTheStandardsExamples) {
  const std::pair<const char*, const char*> samples[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : samples) {
    EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
    EXPECT_EQ(from_base64(encoded), to_bytes(plain));
  }
  EXPECT_EQ(to_base64url(Bytes{0xfb, 0xff}), "-_8");
  EXPECT_EQ(from_base64("-_8"), (Bytes{0xfb, 0xff}));
  EXPECT_EQ(from_base64("+/8="), (Bytes{0xfb, 0xff}));
}

TEST(BytesTest, Base64RefusesWhatIsNotBase64) {
  for (const char* bad : {"A", "AAAAA", "A=AA", "AA=", "A===", "====", "Zm 9"})
    EXPECT_FALSE(from_base64(bad)) << bad;
}

TEST(BytesTest, BigEndianIntegersKeepTheirWidth) {
  Bytes out;
  put_be(out, 0x010203, 3);
  put_be(out, 7, 4);
  EXPECT_EQ(to_hex(out), "01020300000007");
  EXPECT_EQ(get_be(ByteView(out).first(3)), 0x010203u);
}

TEST(BytesTest, ConstantTimeComparisonStillCompares) {
  EXPECT_TRUE(equal_constant_time(Bytes{1, 2}, Bytes{1, 2}));
  EXPECT_FALSE(equal_constant_time(Bytes{1, 2}, Bytes{1, 3}));
  EXPECT_FALSE(equal_constant_time(Bytes{1, 2}, Bytes{1}));
}

}  // namespace
}  // namespace linekeeper
