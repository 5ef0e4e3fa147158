#include "linekeeper/redis/server_info.hpp"

#include <gtest/gtest.h>

namespace linekeeper::redis {
namespace {

Reply text(std::string value) {
  return Reply(Reply::Value(std::move(value)));
}
Reply config(std::string appendfsync) {
  return Reply(Reply::Array{text("appendonly"), text("yes"), text("appendfsync"), text(std::move(appendfsync))});
}
const Reply kForbidden(Reply::Error{"NOPERM"});

std::string info(std::string_view version, std::string_view policy, std::string_view aof) {
  return "# Server\r\nredis_version:" + std::string(version) +
         "\r\nrun_id:abc\r\nmaxmemory:1024\r\nmaxmemory_policy:" + std::string(policy) +
         "\r\naof_enabled:" + std::string(aof) + "\r\n";
}

TEST(ServerInfoTest, TrustsOnlyAFileThatIsSyncedBeforeEachAnswer) {
  EXPECT_EQ(read_server_info(info("7.0.15", "noeviction", "1"), config("always")).persistence, Persistence::always);
  EXPECT_EQ(read_server_info(info("7.0.15", "noeviction", "1"), config("everysec")).persistence, Persistence::weak);
  EXPECT_EQ(read_server_info(info("7.0.15", "noeviction", "0"), config("always")).persistence, Persistence::weak);
  EXPECT_EQ(read_server_info(info("7.0.15", "noeviction", "1"), kForbidden).persistence, Persistence::unknown);
  EXPECT_EQ(read_server_info(info("7.0.15", "noeviction", "0"), kForbidden).persistence, Persistence::weak);
}

TEST(ServerInfoTest, ReadsWhatWeNeed) {
  const ServerInfo server = read_server_info(info("7.2.4", "noeviction", "1"), kForbidden);
  EXPECT_EQ(server.run_id, "abc");
  EXPECT_EQ(server.major, 7u);
  EXPECT_EQ(server.maxmemory, 1024u);
  EXPECT_EQ(server.eviction, "noeviction");
  EXPECT_EQ(refusal(server), "");
}

TEST(ServerInfoTest, RefusesAServerThatEvictsIsTooOldOrTellsNothing) {
  EXPECT_NE(refusal(read_server_info(info("7.0.15", "allkeys-lru", "1"), kForbidden)).find("allkeys-lru"),
            std::string::npos);
  EXPECT_NE(refusal(read_server_info(info("6.2.1", "noeviction", "1"), kForbidden)).find("6.2.1"), std::string::npos);
  EXPECT_NE(refusal(read_server_info("", kForbidden)), "");
}

}  // namespace
}  // namespace linekeeper::redis
