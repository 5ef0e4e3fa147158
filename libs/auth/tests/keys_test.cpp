#include "linekeeper/auth/keys.hpp"

#include <gtest/gtest.h>

#include "linekeeper/base/murmur2.hpp"

namespace linekeeper::auth {
namespace {

TEST(Murmur2Test, AgreesWithKafkasJavaClient) {
  // Values of org.apache.kafka.common.utils.Utils.murmur2, sign bit cleared.
  EXPECT_EQ(murmur2("21"), static_cast<std::uint32_t>(-973932308) & 0x7fffffff);
  EXPECT_EQ(murmur2("foobar"), static_cast<std::uint32_t>(-790332482) & 0x7fffffff);
  EXPECT_EQ(murmur2("a-little-bit-long-string"), static_cast<std::uint32_t>(-985981536) & 0x7fffffff);
  EXPECT_EQ(murmur2("a-little-bit-longer-string"), static_cast<std::uint32_t>(-1486304829) & 0x7fffffff);
  EXPECT_EQ(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"),
            static_cast<std::uint32_t>(-58897971) & 0x7fffffff);
  EXPECT_EQ(murmur2("abc"), 479470107u);
}

TEST(KeysTest, AllKeysOfASessionLieInTheSlotOfItsBucket) {
  const std::string slot =
      "{b" + std::string(3 - std::to_string(bucket_of("shop")).size(), '0') + std::to_string(bucket_of("shop")) + "}";
  for (const std::string& name :
       {key::lease("shop"), key::wanted("shop"), key::line("shop"), key::archive("shop"), key::open("shop"),
        key::pending("shop"), key::command("shop", "c"), key::inbound("shop", 7), key::sessions(bucket_of("shop"))})
    EXPECT_EQ(name.find("lk:" + slot + ":"), 0u) << name;
}

TEST(KeysTest, NoTwoThingsShareAKey) {
  EXPECT_NE(key::command("shop", "a:b"), key::command("shop", "a"));
  EXPECT_NE(key::lease("shop"), key::line("shop"));
}

}  // namespace
}  // namespace linekeeper::auth
