#include <gtest/gtest.h>

#include <set>

#include "linekeeper/settings/load.hpp"
#include "parse.hpp"

namespace linekeeper::settings {
namespace {

TEST(TableTest, EveryDefaultIsAValueOfItsType) {
  for (const Setting& setting : all_settings()) {
    EXPECT_TRUE(std::holds_alternative<Value>(parse(setting, setting.fallback))) << setting.name;
  }
}

TEST(TableTest, EveryNameStandsOnceInEachProgram) {
  for (const Program program : {Program::worker, Program::control, Program::sandbox}) {
    std::set<std::string> seen;
    for (const Setting& setting : all_settings()) {
      if ((setting.programs & Programs(program)) == 0) continue;
      EXPECT_TRUE(seen.insert(setting.name).second) << setting.name;
    }
  }
}

TEST(TableTest, HoldsTheNamesThatDeploymentsRelyOn) {
  std::set<std::string> names;
  for (const Setting& setting : all_settings())
    names.insert(setting.name);
  for (const auto* name :
       {"kafka-brokers", "kafka-property",  "topic-prefix",   "group-id",     "redis-url",     "whatsapp-url",
        "noise-root",    "tls-ca",          "key-ring",       "event-format", "worker-id",     "threads",
        "lease-ttl",     "lease-margin",    "connect-rate",   "command-wait", "drain-timeout", "backoff-max",
        "send-rate",     "default-country", "http-listen",    "grpc-listen",  "listen",        "admin-token",
        "log-level",     "log-format",      "log-identifiers"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST(TableTest, EnvironmentNamesFollowTheFlag) {
  EXPECT_EQ(environment_name("kafka-brokers"), "LINEKEEPER_KAFKA_BROKERS");
}

}  // namespace
}  // namespace linekeeper::settings
