#include "../src/tokens.hpp"

#include <gtest/gtest.h>

#include "../src/token_table.hpp"

namespace linekeeper::transport {
namespace {

TEST(TokensTest, EveryTokenIsFoundAtItsOwnPlace) {
  for (std::size_t i = 1; i < kSingleTokens.size(); ++i) {
    const TokenIndex found = find_token(kSingleTokens[i]);
    ASSERT_EQ(found.table, TokenIndex::kSingle) << kSingleTokens[i];
    ASSERT_EQ(found.index, i) << kSingleTokens[i];
  }
  for (std::size_t row = 0; row < kDoubleTokens.size(); ++row) {
    for (std::size_t i = 0; i < kDoubleTokens[row].size(); ++i) {
      const TokenIndex found = find_token(kDoubleTokens[row][i]);
      ASSERT_EQ(found.table, row) << kDoubleTokens[row][i];
      ASSERT_EQ(found.index, i) << kDoubleTokens[row][i];
    }
  }
}

TEST(TokensTest, KnowsTheServersByTheirNumbers) {
  EXPECT_EQ(find_token("s.whatsapp.net").index, 3);
  EXPECT_EQ(find_token("broadcast").index, 13);
  EXPECT_EQ(find_token("g.us").index, 28);
  EXPECT_EQ(find_token("call").index, 100);
  EXPECT_EQ(find_token("lid").index, 118);
  EXPECT_EQ(find_token("msgr").index, 204);
}

TEST(TokensTest, OtherStringsAreNoTokens) {
  for (const auto* text : {"", "Message", "messages", "newsletter", "interop", "c.us"})
    EXPECT_EQ(find_token(text).table, TokenIndex::kNone) << text;
  EXPECT_EQ(find_token(std::string(1000, 'a')).table, TokenIndex::kNone);
}

}  // namespace
}  // namespace linekeeper::transport
