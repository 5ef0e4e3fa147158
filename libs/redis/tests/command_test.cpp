#include "linekeeper/redis/command.hpp"

#include <gtest/gtest.h>

#include "linekeeper/redis/script.hpp"

namespace linekeeper::redis {
namespace {

TEST(CommandTest, CarriesBytesOfAnyKind) {
  EXPECT_EQ(encode({"SET", std::string("a\0b", 3), ""}),
            std::string("*3\r\n$3\r\nSET\r\n$3\r\na\0b\r\n$0\r\n\r\n", 28));
}

TEST(CommandTest, RefusesNothingAtAll) {
  EXPECT_THROW(encode({}), std::invalid_argument);
}

TEST(ScriptTest, KnowsItsDigest) {
  EXPECT_EQ(Script("return 1").sha1(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

}  // namespace
}  // namespace linekeeper::redis
