#include "config_file.hpp"

#include <gmock/gmock.h>

namespace linekeeper::settings {
namespace {

using testing::ElementsAre;

TEST(ConfigFileTest, TakesEqualSignAndColonCommentsAndQuotes) {
  const auto content = read_config(
      "# a comment\n"
      "kafka-brokers = a:9092,b:9092\n"
      "\n"
      "redis-url: redis://user:p=w@host/0   # where it lives\r\n"
      "; another comment\n"
      "kafka-property = \"sasl.password=a # b\" # quoted\n"
      "  worker-id=w#1\n"
      "admin-token =");
  EXPECT_TRUE(content.bad_lines.empty());
  std::vector<std::string> seen;
  for (const auto& entry : content.entries)
    seen.push_back(std::to_string(entry.line) + "|" + entry.key + "|" + entry.value);
  EXPECT_THAT(seen, ElementsAre("2|kafka-brokers|a:9092,b:9092", "4|redis-url|redis://user:p=w@host/0",
                                "6|kafka-property|sasl.password=a # b", "7|worker-id|w#1", "8|admin-token|"));
}

TEST(ConfigFileTest, NamesLinesThatSayNothing) {
  const auto content = read_config("threads 4\n= 5\ntwo words = 6\nkey = \"open\nkey2 = \"a\" b\n");
  EXPECT_THAT(content.bad_lines, ElementsAre(1U, 2U, 3U, 4U, 5U));
  EXPECT_TRUE(content.entries.empty());
}

}  // namespace
}  // namespace linekeeper::settings
