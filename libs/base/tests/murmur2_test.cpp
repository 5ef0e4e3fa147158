#include "linekeeper/base/murmur2.hpp"

#include <gtest/gtest.h>

namespace linekeeper {
namespace {

// Computed by Kafka's Java client (Utils.toPositive(Utils.murmur2(key))), as published with its own tests.
TEST(Murmur2Test, EqualsKafkasJavaClient) {
  const auto positive = [](std::int32_t hash) { return static_cast<std::uint32_t>(hash) & 0x7fffffff; };
  EXPECT_EQ(murmur2("21"), positive(-973932308));
  EXPECT_EQ(murmur2("foobar"), positive(-790332482));
  EXPECT_EQ(murmur2("a-little-bit-long-string"), positive(-985981536));
  EXPECT_EQ(murmur2("a-little-bit-longer-string"), positive(-1486304829));
  EXPECT_EQ(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), positive(-58897971));
  EXPECT_EQ(murmur2("abc"), positive(479470107));
}

TEST(Murmur2Test, TakesBytesAboveSevenBitsUnsigned) {
  // Java masks every byte with 0xff before use.
  EXPECT_LT(murmur2("\xff\xfe\xfd"), 0x80000000U);
  EXPECT_NE(murmur2("\xff\xfe\xfd"), murmur2("\x7f\x7e\x7d"));
}

}  // namespace
}  // namespace linekeeper
