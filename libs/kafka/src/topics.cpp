#include "linekeeper/kafka/topics.hpp"

#include <algorithm>

namespace linekeeper::kafka {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kCommandRetentionMs = 7 * 24 * kHourMs;
constexpr std::int64_t kLedgerMs = 8 * 24 * kHourMs;

}  // namespace

Topics::Topics(std::string_view prefix)
    : pair(std::string(prefix) + "commands.pair"),
      reset(std::string(prefix) + "commands.reset"),
      send(std::string(prefix) + "commands.send"),
      line(std::string(prefix) + "commands.line"),
      rejected(std::string(prefix) + "commands.rejected"),
      connection(std::string(prefix) + "events.connection"),
      message(std::string(prefix) + "events.message"),
      parked(std::string(prefix) + "webhooks.parked") {}

std::vector<TopicSpec> topic_specs(const Topics& topics, std::int32_t partitions, std::int16_t replication) {
  std::vector<TopicSpec> specs;
  for (const auto& name : topics.commands()) {
    specs.push_back(
        {name,
         partitions,
         replication,
         {{"message.timestamp.type", "LogAppendTime"}, {"retention.ms", std::to_string(kCommandRetentionMs)}}});
  }
  specs.push_back({topics.rejected, partitions, replication});
  // Closed segments are what retention deletes: without rolling them a quiet topic would keep a QR for a week.
  specs.push_back({topics.connection,
                   partitions,
                   replication,
                   {{"retention.ms", std::to_string(kHourMs)}, {"segment.ms", std::to_string(kHourMs / 2)}}});
  specs.push_back({topics.message, partitions, replication});
  specs.push_back({topics.parked, partitions, replication});
  return specs;
}

TopicFindings examine(const Topics& topics, const std::vector<TopicState>& states) {
  TopicFindings findings;
  const auto find = [&](const std::string& name) -> const TopicState* {
    const auto found = std::find_if(states.begin(), states.end(), [&](const auto& s) { return s.name == name; });
    return found == states.end() || found->partitions == 0 ? nullptr : &*found;
  };
  for (const auto& name : topics.all()) {
    if (find(name) == nullptr) findings.missing.push_back(name);
  }
  for (const auto& name : findings.missing) {
    findings.sentences.push_back("topic " + name + " does not exist: run `linekeeper-worker topics create`");
  }
  std::string counts;
  std::int32_t least = INT32_MAX;
  std::int32_t most = 0;
  for (const auto& name : topics.commands()) {
    const TopicState* topic = find(name);
    if (topic == nullptr) continue;
    least = std::min(least, topic->partitions);
    most = std::max(most, topic->partitions);
    counts += (counts.empty() ? "" : ", ") + name + " has " + std::to_string(topic->partitions);
  }
  if (most > least) {
    findings.partitions_differ = true;
    findings.sentences.push_back("TOPIC_PARTITIONS_DIFFER: the command topics have unequal partition counts (" +
                                 counts +
                                 "): order between topics is not kept; stop the producers, let the workers drain, then "
                                 "give all the same count");
  }
  for (const auto& name : topics.commands()) {
    const TopicState* topic = find(name);
    if (topic == nullptr || !topic->config_known) continue;
    if (topic->retention_ms < 0 || topic->retention_ms > kLedgerMs) {
      findings.sentences.push_back("topic " + name +
                                   " keeps records longer than the 8 days for which commands are remembered: a command "
                                   "read again after that would be done again; set retention.ms to 604800000");
    }
    if (!topic->log_append_time) {
      findings.sentences.push_back("topic " + name +
                                   " trusts its producers' clocks: set message.timestamp.type to LogAppendTime, or "
                                   "commands of several topics may be merged in the wrong order");
    }
  }
  return findings;
}

}  // namespace linekeeper::kafka
