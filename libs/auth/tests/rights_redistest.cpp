#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "linekeeper/auth/rights.hpp"
#include "support/redis_server.hpp"
#include "support/run.hpp"

namespace linekeeper::auth {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RightsTest : public testing::Test {
 protected:
  std::vector<std::string> missing(const std::vector<std::string>& rules) {
    std::vector<std::string> command = {"ACL", "SETUSER", "worker", "reset", "on", ">secret"};
    command.insert(command.end(), rules.begin(), rules.end());
    server.run(command);
    boost::asio::io_context loop;
    redis::Connection::Settings settings;
    settings.url =
        *net::Url::parse("redis://worker:secret@" + server.url().substr(std::string_view("redis://").size()));
    redis::Connection connection(loop.get_executor(), settings);
    connection.start();
    auto found = test::run(loop, missing_rights(connection));
    test::run(loop, connection.stop());
    if (!found) throw std::runtime_error(found.error().message());
    return *found;
  }
  test::RedisServer server;
};

TEST_F(RightsTest, NamesWhatTheUserLacks) {
  EXPECT_THAT(missing({"+@all", "~lk:*"}), IsEmpty());
  EXPECT_THAT(missing({"+@all", "-srem", "-zadd", "~lk:*"}), ElementsAre("SREM", "ZADD"));
  EXPECT_THAT(missing({"+@all", "~lk:{b*"}), ElementsAre("the key lk:store"));
}

TEST_F(RightsTest, AsksForEveryCommandThatAScriptCalls) {
  const auto all = missing({"+@all", "-@read", "-@write", "-time", "-multi", "-exec", "-ping", "+eval", "~lk:*"});
  const std::set<std::string> asked(all.begin(), all.end());
  std::set<std::string> called;
  for (const auto& entry : std::filesystem::directory_iterator(LINEKEEPER_AUTH_SCRIPTS)) {
    std::ifstream file(entry.path());
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    // The command may be chosen on the spot: redis.call(open and 'SADD' or 'SREM', …)
    const std::regex call("redis\\.call\\(([^,)]*)");
    const std::regex name("'([A-Z]+)'");
    for (auto it = std::sregex_iterator(text.begin(), text.end(), call); it != std::sregex_iterator(); ++it) {
      const std::string first = (*it)[1];
      for (auto word = std::sregex_iterator(first.begin(), first.end(), name); word != std::sregex_iterator(); ++word)
        called.insert((*word)[1]);
    }
  }
  EXPECT_GT(called.size(), 15U);
  for (const std::string& command : called)
    EXPECT_TRUE(asked.contains(command)) << command;
}

}  // namespace
}  // namespace linekeeper::auth
