#include "linekeeper/redis/reply_parser.hpp"

#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::redis {
namespace {

Reply one(std::string_view wire) {
  ReplyParser parser;
  parser.push(as_bytes(wire));
  auto reply = parser.next();
  EXPECT_TRUE(reply && *reply) << wire;
  return reply && *reply ? std::move(**reply) : Reply();
}

TEST(ReplyParserTest, ReadsEveryKindOfReply) {
  EXPECT_EQ(one("+OK\r\n").string(), "OK");
  EXPECT_EQ(one(":-42\r\n").integer(), -42);
  EXPECT_EQ(one("$5\r\na\r\nbc\r\n").string(), "a\r\nbc");
  EXPECT_EQ(one("$0\r\n\r\n").string(), "");
  EXPECT_TRUE(one("$-1\r\n").is_nil());
  EXPECT_TRUE(one("*-1\r\n").is_nil());
  EXPECT_EQ(one("-ERR no\r\n").error_text(), "ERR no");
  const Reply nested = one("*3\r\n*2\r\n:1\r\n*1\r\n$1\r\nx\r\n*0\r\n$2\r\n17\r\n");
  ASSERT_TRUE(nested.array());
  EXPECT_EQ(nested.at(0).at(0).integer(), 1);
  EXPECT_EQ(nested.at(0).at(1).at(0).string(), "x");
  EXPECT_TRUE(nested.at(1).array()->empty());
  EXPECT_EQ(nested.at(2).integer(), 17);
  EXPECT_TRUE(nested.at(3).is_nil());
}

TEST(ReplyParserTest, ReadsRepliesCutAtAnyByte) {
  const std::string wire = "*2\r\n$3\r\nfoo\r\n*2\r\n:7\r\n-ERR x\r\n+PONG\r\n";
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    SCOPED_TRACE(cut);
    ReplyParser parser;
    std::vector<Reply> replies;
    for (const std::string& part : {wire.substr(0, cut), wire.substr(cut)}) {
      parser.push(as_bytes(part));
      for (;;) {
        auto next = parser.next();
        ASSERT_TRUE(next);
        if (!*next) break;
        replies.push_back(std::move(**next));
      }
    }
    ASSERT_EQ(replies.size(), 2u);
    EXPECT_EQ(replies[0].at(1).at(1).error_text(), "ERR x");
    EXPECT_EQ(replies[1].string(), "PONG");
  }
}

TEST(ReplyParserTest, RefusesWhatIsNoReply) {
  for (const char* wire : {"hello\r\n", "*x\r\n", "$-7\r\n", ":12a\r\n"}) {
    SCOPED_TRACE(wire);
    ReplyParser parser;
    parser.push(as_bytes(wire));
    const auto reply = parser.next();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error(), Errc::malformed_value);
  }
}

TEST(ReplyParserTest, RefusesNestingBeyondSevenLevels) {
  std::string wire;
  for (int i = 0; i < 100; ++i)
    wire += "*1\r\n";
  ReplyParser parser;
  parser.push(as_bytes(wire));
  EXPECT_FALSE(parser.next());
}

TEST(ReplyParserTest, RefusesAnArrayWithTooManyElementsBeforeReadingThem) {
  ReplyParser parser({.reply_bytes = 1000, .array_elements = 3});
  parser.push(as_bytes("*4\r\n"));
  const auto reply = parser.next();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error(), Errc::too_large);
}

TEST(ReplyParserTest, RefusesAReplyLargerThanItsLimitBeforeItIsComplete) {
  ReplyParser parser({.reply_bytes = 100, .array_elements = 10});
  parser.push(as_bytes("$1000000\r\n"));
  auto reply = parser.next();
  ASSERT_TRUE(reply);
  EXPECT_FALSE(*reply);
  parser.push(Bytes(100, 'x'));
  reply = parser.next();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error(), Errc::too_large);
}

TEST(ReplyTest, NamesWhatAnErrorMeans) {
  EXPECT_EQ(error_of(one("-OOM command not allowed\r\n")), Errc::store_full);
  EXPECT_EQ(error_of(one("-LOADING it\r\n")), Errc::store_unavailable);
  EXPECT_EQ(error_of(one("-WRONGTYPE it\r\n")), Errc::store_refused);
  EXPECT_EQ(error_of(one("-OOMPH\r\n")), Errc::store_refused);
  EXPECT_FALSE(error_of(one("+OK\r\n")));
}

}  // namespace
}  // namespace linekeeper::redis
