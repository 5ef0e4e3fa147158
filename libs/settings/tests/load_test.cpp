#include "linekeeper/settings/load.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace linekeeper::settings {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class LoadTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() / ("lk-settings-" + std::to_string(::getpid()) +
                                                      testing::UnitTest::GetInstance()->current_test_info()->name());
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::string file(std::string_view text) const {
    std::ofstream(path_) << text;
    return path_.string();
  }
  static std::variant<Loaded, Exit> run(std::vector<std::string> arguments, const Environment& env = {}) {
    return load(program_, std::move(arguments), env);
  }
  static Loaded loaded(std::vector<std::string> arguments, const Environment& env = {}) {
    auto result = run(std::move(arguments), env);
    if (const auto* exit = std::get_if<Exit>(&result)) {
      ADD_FAILURE() << exit->out << exit->err;
      return {};
    }
    return std::get<Loaded>(std::move(result));
  }
  static Exit ended(std::vector<std::string> arguments, const Environment& env = {}) {
    auto result = run(std::move(arguments), env);
    if (!std::holds_alternative<Exit>(result)) {
      ADD_FAILURE() << "went on";
      return {};
    }
    return std::get<Exit>(result);
  }

  std::filesystem::path path_;
  inline static const ProgramInfo program_{Program::worker,
                                           "linekeeper-worker",
                                           "Keeps lines.",
                                           "1.2.3",
                                           {{"topics create", "Create all topics."}, {"store accept", "Accept."}}};
};

TEST_F(LoadTest, HasDefaultsForEverythingThatNeedsOne) {
  const Values values = loaded({}).values;
  EXPECT_EQ(values.text("kafka-brokers"), "127.0.0.1:9092");
  EXPECT_EQ(values.text("http-listen"), "127.0.0.1:9100");
  EXPECT_EQ(values.duration("lease-ttl"), 15s);
  EXPECT_EQ(values.duration("command-wait"), 10min);
  EXPECT_DOUBLE_EQ(*values.rate("connect-rate"), 50);
  EXPECT_FALSE(values.is_set("threads"));
  EXPECT_FALSE(values.enabled("log-identifiers"));
  EXPECT_TRUE(values.list("kafka-property").empty());
  EXPECT_EQ(values.source("lease-ttl").kind, Source::Kind::fallback);
}

TEST_F(LoadTest, FlagsWinOverEnvironmentOverFile) {
  const std::string path = file("lease-ttl = 20s\nlease-margin = 4s\ncommand-wait: 3m\n");
  const Values values = loaded({"--config", path, "--lease-ttl", "40s"},
                               {{"LINEKEEPER_LEASE_TTL", "30s"}, {"LINEKEEPER_LEASE_MARGIN", "5s"}})
                            .values;
  EXPECT_EQ(values.duration("lease-ttl"), 40s);
  EXPECT_EQ(values.source("lease-ttl").where, "flag --lease-ttl");
  EXPECT_EQ(values.duration("lease-margin"), 5s);
  EXPECT_EQ(values.source("lease-margin").where, "environment LINEKEEPER_LEASE_MARGIN");
  EXPECT_EQ(values.duration("command-wait"), 3min);
  EXPECT_EQ(values.source("command-wait").where, path + " line 3");
}

TEST_F(LoadTest, TheFileMayBeNamedByTheEnvironment) {
  const std::string path = file("worker-id = w7\n");
  EXPECT_EQ(loaded({}, {{"LINEKEEPER_CONFIG", path}}).values.text("worker-id"), "w7");
}

TEST_F(LoadTest, ListsTakeEveryEntryOfTheirSource) {
  const std::vector<std::string> both = {"a=1", "b=2,3"};
  EXPECT_EQ(loaded({"--kafka-property", "a=1", "--kafka-property=b=2,3"}).values.list("kafka-property"), both);
  EXPECT_EQ(loaded({}, {{"LINEKEEPER_KAFKA_PROPERTY", "a=1;b=2,3"}}).values.list("kafka-property"), both);
  const std::string path = file("kafka-property = a=1\nkafka-property: b=2,3\n");
  EXPECT_EQ(loaded({"--config", path}).values.list("kafka-property"), both);
  EXPECT_THAT(loaded({"--config", path, "--kafka-property", "c=4"}).values.list("kafka-property"), ElementsAre("c=4"));
}

TEST_F(LoadTest, FlagsMayStandWithoutAValue) {
  EXPECT_TRUE(loaded({"--log-identifiers"}).values.enabled("log-identifiers"));
  EXPECT_TRUE(loaded({"--log-identifiers", "on"}).values.enabled("log-identifiers"));
  EXPECT_FALSE(
      loaded({"--log-identifiers=off"}, {{"LINEKEEPER_LOG_IDENTIFIERS", "on"}}).values.enabled("log-identifiers"));
}

TEST_F(LoadTest, NamesEveryBadValueWithItsSourceAndWhatIsAllowed) {
  const std::string path = file("threads = many\n");
  const Exit exit = ended({"--config", path, "--log-level", "loud"}, {{"LINEKEEPER_LEASE_TTL", "15"}});
  EXPECT_EQ(exit.exit_code, 2);
  EXPECT_THAT(exit.err,
              HasSubstr("threads (" + path + " line 1): \"many\" is not a whole number, at least 1, at most 256"));
  EXPECT_THAT(exit.err,
              HasSubstr("log-level (flag --log-level): \"loud\" is not one of trace, debug, info, warn, error"));
  EXPECT_THAT(exit.err, HasSubstr("lease-ttl (environment LINEKEEPER_LEASE_TTL): \"15\" is not a duration"));
}

TEST_F(LoadTest, NeverShowsASecretThatItRefuses) {
  const Exit exit = ended({"--redis-url", "http://user:hunter2@host"});
  EXPECT_THAT(exit.err, HasSubstr("redis-url"));
  EXPECT_THAT(exit.err, Not(HasSubstr("hunter2")));
}

TEST_F(LoadTest, NamesUnknownKeysFlagsAndVariables) {
  const std::string path = file("lease-tll = 15s\nno equals sign\nworker-id = a\nworker-id = b\n");
  const Exit exit = ended({"--config", path});
  EXPECT_THAT(exit.err, HasSubstr(path + " line 1: unknown key lease-tll; did you mean lease-ttl?"));
  EXPECT_THAT(exit.err, HasSubstr(path + " line 2: expected `key = value`"));
  EXPECT_THAT(exit.err, HasSubstr(path + " line 4: worker-id stands twice"));
  EXPECT_THAT(ended({"--lease-tll", "15s"}).err, HasSubstr("--lease-tll"));
  EXPECT_THAT(loaded({}, {{"LINEKEEPER_LEASE_TLL", "15s"}, {"PATH", "/bin"}}).warnings,
              ElementsAre("environment LINEKEEPER_LEASE_TLL is not a setting and is ignored; did you mean lease-ttl?"));
}

TEST_F(LoadTest, AcceptsSettingsOfOtherProgramsInFileAndEnvironmentOnly) {
  const std::string path = file("grpc-listen = 127.0.0.1:1\n");
  const Loaded result = loaded({"--config", path}, {{"LINEKEEPER_ADMIN_TOKEN", "t"}});
  EXPECT_TRUE(result.warnings.empty());
  EXPECT_THROW(result.values.text("grpc-listen"), std::logic_error);
  EXPECT_EQ(ended({"--grpc-listen", "127.0.0.1:1"}).exit_code, 2);
}

TEST_F(LoadTest, NamesAFileThatCannotBeRead) {
  EXPECT_THAT(ended({"--config", "/no/such/file"}).err,
              HasSubstr("/no/such/file (flag --config): cannot be read: No such file"));
}

TEST_F(LoadTest, KnowsSubcommandsAndFlagsAfterThem) {
  EXPECT_EQ(loaded({}).command, "");
  const Loaded result = loaded({"topics", "create", "--topic-partitions", "24"});
  EXPECT_EQ(result.command, "topics create");
  EXPECT_EQ(result.values.number("topic-partitions"), 24U);
  EXPECT_EQ(loaded({"--topic-partitions", "24", "store", "accept"}).command, "store accept");
  EXPECT_EQ(ended({"topics"}).exit_code, 2);
  EXPECT_EQ(ended({"topics", "destroy"}).exit_code, 2);
}

TEST_F(LoadTest, HelpTeachesEverySettingWithItsDefaultAndEnvironmentName) {
  const Exit exit = ended({"--help"});
  EXPECT_EQ(exit.exit_code, 0);
  EXPECT_THAT(exit.out, HasSubstr("--kafka-brokers"));
  EXPECT_THAT(exit.out, HasSubstr("Default: 127.0.0.1:9092."));
  EXPECT_THAT(exit.out, HasSubstr("LINEKEEPER_KAFKA_BROKERS"));
  EXPECT_THAT(exit.out, HasSubstr("topics"));
  EXPECT_THAT(exit.out, Not(HasSubstr("grpc-listen")));
  EXPECT_EQ(ended({"--version"}).out, "linekeeper-worker 1.2.3\n");
}

TEST_F(LoadTest, PrintConfigShowsValuesAndSourcesButNoSecret) {
  const Exit exit = ended({"--print-config", "--redis-url", "redis://user:hunter2@host/0", "--kafka-property",
                           "sasl.password=hunter3", "--threads", "3"});
  EXPECT_EQ(exit.exit_code, 0);
  EXPECT_THAT(exit.out, testing::ContainsRegex("threads = 3 +# flag --threads"));
  EXPECT_THAT(exit.out, testing::ContainsRegex("lease-ttl = 15s +# default"));
  EXPECT_THAT(exit.out, HasSubstr("redis-url = redis://***@host/0"));
  EXPECT_THAT(exit.out, HasSubstr("kafka-property = sasl.password=***"));
  EXPECT_THAT(exit.out, Not(HasSubstr("hunter")));
}

TEST_F(LoadTest, WhatPrintConfigShowsIsAFileItReads) {
  const std::string path = file(ended({"--print-config", "--threads", "3"}).out);
  EXPECT_EQ(loaded({"--config", path}).values.number("threads"), 3U);
}

}  // namespace
}  // namespace linekeeper::settings
