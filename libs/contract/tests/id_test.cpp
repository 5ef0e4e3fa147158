#include "linekeeper/contract/id.hpp"

#include <gtest/gtest.h>

#include <string>

namespace linekeeper::contract {
namespace {

TEST(IdTest, TakesPrintableUtf8UpToItsLimit) {
  for (const std::string& id :
       {std::string("shop"), std::string("a/b c"), std::string("späti-Ω"), std::string(128, 'x')})
    EXPECT_TRUE(is_valid_id(id)) << id;
}

TEST(IdTest, RefusesEmptyLongControlAndBrokenText) {
  for (const std::string& id :
       {std::string(), std::string(129, 'x'), std::string(4096, 'x'), std::string("a\nb"), std::string("a\0b", 3),
        std::string("\x7f"), std::string("\xc2\x85"), std::string("\xff"), std::string("cut \xc3")})
    EXPECT_FALSE(is_valid_id(id));
}

}  // namespace
}  // namespace linekeeper::contract
