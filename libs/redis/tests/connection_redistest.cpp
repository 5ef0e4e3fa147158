#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/redis/connection.hpp"
#include "support/free_port.hpp"
#include "support/redis_server.hpp"
#include "support/run.hpp"

namespace linekeeper::redis {
namespace {

using namespace std::chrono_literals;
using net::Deadline;
using testing::HasSubstr;

class RedisConnectionTest : public testing::Test {
 protected:
  static Connection::Settings settings(const std::string& url) {
    Connection::Settings settings;
    settings.url = *net::Url::parse(url);
    settings.backoff_most = 100ms;
    return settings;
  }
  void connect(Connection::Settings with) {
    connection = std::make_unique<Connection>(loop.get_executor(), std::move(with));
    connection->on_connected([this](const ServerInfo& info) { runs.push_back(info.run_id); });
    connection->on_trouble([this](const Trouble& trouble) { troubles.push_back(trouble); });
    connection->start();
  }
  void TearDown() override {
    if (connection) test::run(loop, connection->stop());
  }
  Result<Reply> ask(Command command, Deadline deadline = Deadline::after(10s)) {
    return test::run(loop, connection->command(std::move(command), deadline));
  }
  /// Lets the loop run until `condition` holds.
  bool until(std::function<bool()> condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    loop.restart();
    while (!condition() && std::chrono::steady_clock::now() < deadline)
      loop.run_one_for(10ms);
    return condition();
  }

  boost::asio::io_context loop;
  std::unique_ptr<Connection> connection;
  std::vector<std::string> runs;
  std::vector<Trouble> troubles;
};

TEST_F(RedisConnectionTest, AnswersCommandsPipelinesAndScripts) {
  test::RedisServer server;
  connect(settings(server.url()));
  ASSERT_TRUE(ask({"SET", "k", std::string("a\0b", 3)}));
  EXPECT_EQ(ask({"GET", "k"})->string(), std::string_view("a\0b", 3));
  EXPECT_EQ(connection->server()->persistence, Persistence::always);

  std::vector<Command> commands{{"INCR", "n"}, {"LPUSH", "k", "x"}, {"INCR", "n"}};
  const auto replies = test::run(loop, connection->pipeline(std::move(commands)));
  ASSERT_TRUE(replies);
  EXPECT_EQ((*replies)[0].integer(), 1);
  EXPECT_THAT(std::string((*replies)[1].error_text()), HasSubstr("WRONGTYPE"));
  EXPECT_EQ((*replies)[2].integer(), 2);

  const Script script("return {KEYS[1], ARGV[1]}");
  for (int i = 0; i < 2; ++i) {
    const auto reply = test::run(loop, connection->eval(script, {"key"}, {"arg"}));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->at(0).string(), "key");
    EXPECT_EQ(reply->at(1).string(), "arg");
  }
  server.run({"SCRIPT", "FLUSH"});
  EXPECT_TRUE(test::run(loop, connection->eval(script, {}, {})));
  EXPECT_EQ(ask({"LPUSH", "k", "x"}).error(), Errc::store_refused);
}

TEST_F(RedisConnectionTest, ManyCommandsAtOnceComeBackInOrder) {
  test::RedisServer server;
  connect(settings(server.url()));
  std::vector<std::int64_t> order;
  int failed = 0;
  for (int i = 0; i < 2000; ++i)
    boost::asio::co_spawn(loop, connection->command({"INCR", "n"}, Deadline::after(20s)),
                          [&](std::exception_ptr, Result<Reply> reply) {
                            reply ? order.push_back(reply->integer().value_or(0)) : void(++failed);
                          });
  ASSERT_TRUE(until([&] { return order.size() + failed == 2000; }));
  EXPECT_EQ(failed, 0);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(order.back(), 2000);
}

TEST_F(RedisConnectionTest, RefusesMoreCommandsThanItsBound) {
  auto small = settings("redis://127.0.0.1:1/0");
  small.max_waiting = 2;
  connect(small);
  int refused = 0;
  for (int i = 0; i < 3; ++i)
    boost::asio::co_spawn(loop, connection->command({"PING"}, Deadline::after(20s)),
                          [&](std::exception_ptr, Result<Reply> reply) { refused += !reply; });
  EXPECT_TRUE(until([&] { return refused == 1; }));
  test::run(loop, connection->stop());
  EXPECT_TRUE(until([&] { return refused == 3; }));
}

TEST_F(RedisConnectionTest, CommandsGiveUpAtTheirDeadlineWhileTheServerIsAway) {
  connect(settings("redis://127.0.0.1:1/0"));
  EXPECT_EQ(ask({"PING"}, Deadline::after(150ms)).error(), Errc::store_unavailable);
  ASSERT_FALSE(troubles.empty());
  EXPECT_THAT(troubles.front().text, HasSubstr("127.0.0.1:1"));
}

TEST_F(RedisConnectionTest, ComesBackAfterACrashAndTellsTheNewRunId) {
  test::RedisServer server;
  connect(settings(server.url()));
  ASSERT_TRUE(ask({"SET", "kept", "yes"}));
  server.kill();
  ASSERT_TRUE(until([&] { return !connection->connected(); }));
  server.start();
  EXPECT_EQ(ask({"GET", "kept"})->string(), "yes");
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_NE(runs[0], runs[1]);
}

TEST_F(RedisConnectionTest, ACommandUnderWayWhenTheServerDiesHasNoAnswer) {
  test::RedisServer server;
  connect(settings(server.url()));
  ASSERT_TRUE(ask({"PING"}));
  std::optional<Result<Reply>> outcome;
  boost::asio::co_spawn(loop, connection->command({"BLPOP", "never", "0"}, Deadline::after(60s)),
                        [&](std::exception_ptr, Result<Reply> reply) { outcome = std::move(reply); });
  ASSERT_TRUE(until([&] { return server.run({"CLIENT", "LIST"}).find("cmd=blpop") != std::string::npos; }));
  server.kill();
  ASSERT_TRUE(until([&] { return outcome.has_value(); }));
  EXPECT_EQ(outcome->error(), Errc::store_unavailable);
}

TEST_F(RedisConnectionTest, AServerThatFreezesCountsAsGoneAndComesBack) {
  test::RedisServer server;
  auto quick = settings(server.url());
  quick.stall_after = 200ms;
  quick.connect_timeout = 300ms;
  connect(quick);
  ASSERT_TRUE(ask({"PING"}));
  server.freeze();
  EXPECT_EQ(ask({"SET", "k", "v"}, Deadline::after(2s)).error(), Errc::store_unavailable);
  EXPECT_TRUE(until([&] { return !connection->connected(); }));
  server.thaw();
  EXPECT_TRUE(ask({"PING"}));
}

TEST_F(RedisConnectionTest, AReplyToACommandThatGaveUpReachesNobodyElse) {
  test::RedisServer server;
  connect(settings(server.url()));
  ASSERT_TRUE(ask({"SET", "k", "right"}));
  EXPECT_EQ(ask({"BLPOP", "list", "0.3"}, Deadline::after(50ms)).error(), Errc::store_unavailable);
  EXPECT_EQ(ask({"GET", "k"})->string(), "right");
}

TEST_F(RedisConnectionTest, NamesAWrongPasswordWithoutRepeatingIt) {
  test::RedisServer server({"--requirepass", "right-secret"});
  connect(settings("redis://:wrong-secret@127.0.0.1:" + std::to_string(server.port()) + "/0"));
  EXPECT_FALSE(ask({"PING"}, Deadline::after(300ms)));
  ASSERT_FALSE(troubles.empty());
  EXPECT_THAT(troubles.front().text, HasSubstr("password"));
  for (const Trouble& trouble : troubles)
    EXPECT_EQ(trouble.text.find("secret"), std::string::npos);
  test::run(loop, connection->stop());

  troubles.clear();
  connect(settings("redis://127.0.0.1:" + std::to_string(server.port()) + "/0"));
  EXPECT_FALSE(ask({"PING"}, Deadline::after(300ms)));
  ASSERT_FALSE(troubles.empty());
  EXPECT_EQ(troubles.front().code, Errc::store_refused);
  test::run(loop, connection->stop());

  connect(settings(server.url()));
  EXPECT_TRUE(ask({"PING"}));
}

TEST_F(RedisConnectionTest, LogsInWithUserAndPasswordAndSelectsTheDatabase) {
  test::RedisServer server;
  server.run({"ACL", "SETUSER", "keeper", "on", ">pw", "~*", "+@all"});
  connect(settings("redis://keeper:pw@127.0.0.1:" + std::to_string(server.port()) + "/3"));
  EXPECT_EQ(ask({"ACL", "WHOAMI"})->string(), "keeper");
  ASSERT_TRUE(ask({"SET", "k", "v"}));
  EXPECT_EQ(server.run({"EXISTS", "k"}), "0");
}

TEST_F(RedisConnectionTest, RefusesAServerThatEvicts) {
  test::RedisServer server({"--maxmemory-policy", "allkeys-lru"});
  connect(settings(server.url()));
  EXPECT_FALSE(ask({"PING"}, Deadline::after(300ms)));
  ASSERT_FALSE(troubles.empty());
  EXPECT_THAT(troubles.front().text, HasSubstr("noeviction"));
}

TEST_F(RedisConnectionTest, SaysThatPersistenceIsWeak) {
  test::RedisServer server({"--appendonly", "no"});
  connect(settings(server.url()));
  ASSERT_TRUE(ask({"PING"}));
  EXPECT_EQ(connection->server()->persistence, Persistence::weak);
}

TEST_F(RedisConnectionTest, SaysWhichRightItsUserLacks) {
  test::RedisServer server;
  ASSERT_EQ(server.run({"ACL", "SETUSER", "narrow", "on", ">secret", "~lk:*", "+info", "+select", "+get"}), "OK");
  auto narrow = settings("redis://narrow:secret@" + server.url().substr(std::string_view("redis://").size()));
  connect(narrow);
  std::vector<std::string> denied;
  connection->on_denied([&](const std::string& what) { denied.push_back(what); });
  ASSERT_TRUE(ask({"GET", "lk:a"}));
  EXPECT_EQ(connection->denial(), "");
  EXPECT_EQ(ask({"SET", "lk:a", "hidden"}).error(), Errc::store_refused);
  EXPECT_EQ(ask({"SET", "lk:b", "hidden"}).error(), Errc::store_refused);
  EXPECT_EQ(ask({"GET", "other"}).error(), Errc::store_refused);
  ASSERT_EQ(denied.size(), 2U) << "the same again is not told again";
  EXPECT_THAT(denied[0], testing::AllOf(testing::HasSubstr("'set'"), testing::Not(testing::HasSubstr("hidden"))));
  EXPECT_EQ(connection->denial(), denied[1]);
}

TEST_F(RedisConnectionTest, SpeaksTls) {
  const net::Certificate certificate = net::make_self_signed();
  test::TempDir dir;
  const std::string cert = dir.write("cert.pem", certificate.certificate_pem);
  const std::string key = dir.write("key.pem", certificate.key_pem.reveal());
  const std::uint16_t port = test::free_port();
  test::RedisServer server({"--tls-port", std::to_string(port), "--tls-cert-file", cert, "--tls-key-file", key,
                            "--tls-ca-cert-file", cert, "--tls-auth-clients", "no"});
  auto secure = settings("rediss://127.0.0.1:" + std::to_string(port) + "/0");
  secure.tls = *net::TlsContext::client_trusting(certificate.certificate_pem);
  connect(secure);
  EXPECT_TRUE(ask({"SET", "big", std::string(200'000, 'x')}));
  EXPECT_EQ(ask({"STRLEN", "big"})->integer(), 200'000);
  EXPECT_EQ(ask({"GET", "big"})->string()->size(), 200'000u);
}

TEST_F(RedisConnectionTest, StopEndsWhatIsUnderWayAndNothingRunsAfterwards) {
  test::RedisServer server;
  connect(settings(server.url()));
  ASSERT_TRUE(ask({"PING"}));
  std::optional<Result<Reply>> outcome;
  boost::asio::co_spawn(loop, connection->command({"BLPOP", "never", "0"}, Deadline::after(60s)),
                        [&](std::exception_ptr, Result<Reply> reply) { outcome = std::move(reply); });
  loop.restart();
  loop.poll();
  test::run(loop, connection->stop());
  ASSERT_TRUE(until([&] { return outcome.has_value(); }));
  EXPECT_EQ(outcome->error(), Errc::store_unavailable);
  EXPECT_EQ(ask({"PING"}).error(), Errc::store_unavailable);
}

}  // namespace
}  // namespace linekeeper::redis
