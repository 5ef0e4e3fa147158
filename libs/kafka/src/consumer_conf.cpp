#include "consumer_conf.hpp"

#include <chrono>
#include <cstdlib>

#include "commits.hpp"
#include "linekeeper/telemetry/log.hpp"

namespace linekeeper::kafka {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kSessionTimeout = 10s;
constexpr std::chrono::milliseconds kHeartbeatEvery = 1s;
constexpr std::chrono::milliseconds kShortSession = 3s;

Properties defaults() {
  return {{"session.timeout.ms", std::to_string(kSessionTimeout.count())},
          {"heartbeat.interval.ms", std::to_string(kHeartbeatEvery.count())},
          {"queued.max.messages.kbytes", "16384"},
          {"fetch.error.backoff.ms", "100"},
          {"topic.metadata.refresh.interval.ms", "60000"}};
}

/// A property's value in force; librdkafka itself refuses what is no number.
std::chrono::milliseconds in_force(const Connection& connection, std::string_view name,
                                   std::chrono::milliseconds otherwise) {
  for (const auto& [given, value] : connection.properties) {
    if (given == name) otherwise = std::chrono::milliseconds(std::strtol(value.c_str(), nullptr, 10));
  }
  return otherwise;
}

Properties fixed(const Consumer::Settings& settings) {
  const auto heartbeat = in_force(settings.connection, "heartbeat.interval.ms", kHeartbeatEvery);
  return {{"group.id", settings.group_id},
          {"partition.assignment.strategy", "cooperative-sticky"},
          {"enable.auto.commit", "true"},
          {"auto.commit.interval.ms", std::to_string(commit_timer(settings.commit_every, heartbeat).count())},
          {"enable.auto.offset.store", "false"},
          {"enable.partition.eof", "true"},
          {"auto.offset.reset", "earliest"},
          {"allow.auto.create.topics", "false"}};
}

/// librdkafka (seen with 2.0.2) lets a second pass between two JoinGroup requests and sends no heartbeat meanwhile. A
/// member that joins while others give shards back has to ask twice, so a session of a second would end right then.
void warn_of_short_session(const Consumer::Settings& settings, telemetry::Log& log) {
  const auto session = in_force(settings.connection, "session.timeout.ms", kSessionTimeout);
  if (session >= kShortSession) return;
  log.warn("session.timeout.ms is short: a worker may fall out of the group while it joins, and shards move twice",
           {{"session_timeout_ms", session.count()}, {"advised_ms", kShortSession.count()}});
}

}  // namespace

std::variant<Conf, Problem> consumer_conf(const Consumer::Settings& settings, Opaque& opaque) {
  warn_of_short_session(settings, *opaque.log);
  return make_conf(settings.connection, defaults(), fixed(settings), &opaque);
}

}  // namespace linekeeper::kafka
