#include "kafka_exam.hpp"

#include "linekeeper/kafka/admin.hpp"

namespace linekeeper::worker {
namespace {

using namespace std::chrono_literals;

/// One try; short, because a signal may wait for its end.
constexpr auto kAnswerWithin = 4s;

std::variant<KafkaFacts, kafka::Problem> ask(const kafka::Admin& admin, const std::string& group_id,
                                             const kafka::Topics& topics, std::vector<std::string>& sentences) {
  const auto names = topics.all();
  auto states = admin.describe({names.begin(), names.end()}, kAnswerWithin);
  if (auto* problem = std::get_if<kafka::Problem>(&states)) return std::move(*problem);
  sentences = kafka::examine(topics, std::get<0>(states)).sentences;
  auto offsets = admin.has_committed_offsets(group_id, {names.begin(), names.end()}, kAnswerWithin);
  if (auto* problem = std::get_if<kafka::Problem>(&offsets)) return std::move(*problem);
  return KafkaFacts{std::get<bool>(offsets)};
}

}  // namespace

std::optional<KafkaFacts> examine_kafka(const kafka::Connection& connection, const std::string& group_id,
                                        const kafka::Topics& topics, telemetry::Log& log,
                                        const std::function<bool(const std::string& trouble)>& pause) {
  if (const auto warning = kafka::library_warning(connection)) log.warn(*warning);
  const kafka::Admin admin(connection, log);
  std::string known;
  for (;;) {
    std::vector<std::string> sentences;
    const auto answer = ask(admin, group_id, topics, sentences);
    if (const auto* facts = std::get_if<KafkaFacts>(&answer)) {
      for (const std::string& sentence : sentences)
        log.warn(sentence);
      return *facts;
    }
    const std::string& what = std::get<kafka::Problem>(answer).what;
    if (what != known) log.warn("Kafka cannot be used yet", {{"error", what}});
    known = what;
    if (!pause(what)) return std::nullopt;
  }
}

}  // namespace linekeeper::worker
