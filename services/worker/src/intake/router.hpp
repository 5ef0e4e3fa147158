#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "command/command.hpp"
#include "command/decode.hpp"
#include "intake/copies.hpp"
#include "intake/merge.hpp"
#include "linekeeper/kafka/consumer.hpp"
#include "linekeeper/kafka/producer.hpp"
#include "linekeeper/kafka/topics.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "linekeeper/telemetry/metrics.hpp"

namespace linekeeper::worker {

/// What the router needs of the loops; every call may come from Kafka's thread.
struct Lines {
  std::function<void(std::vector<std::int32_t> shards, std::int32_t count)> assigned;
  std::function<void(std::vector<std::int32_t> shards, bool lost)> revoked;
  std::function<void(Command command)> submit;
};

/// Stands between Kafka's consumer and the lines: decodes, rejects what can never succeed, forwards once what was
/// written to a shard that is not its session's (also where both are ours: what an owner before us forwarded must not
/// be overtaken by what we read ourselves), hands the rest to the loops. Runs on the consumer's thread and never waits
/// there.
class Router final : public kafka::ConsumerListener {
 public:
  Router(kafka::Topics topics, DecodeRules rules, Lines lines, kafka::Producer& producer, telemetry::Log& log,
         telemetry::Metrics& metrics);

  /// Right after the consumer was started: its first call waits for this.
  void use(kafka::Consumer& consumer) {
    consumer_.store(&consumer);
    consumer_.notify_all();
  }
  void finish(const kafka::Ticket& ticket);
  /// Why the consumer cannot work; empty while it can. Any thread.
  std::string trouble() const;

  void assigned(std::span<const std::int32_t> shards) override;
  void revoked(std::span<const std::int32_t> shards, bool lost) override;
  void received(kafka::Record record) override;
  void caught_up(std::uint16_t topic, std::int32_t shard) override;
  void resized(std::int32_t shard_count) override { lines_.assigned({}, shard_count); }
  void tick() override;
  void trouble(const kafka::Problem& problem) override;

 private:
  void reject(kafka::Record record, const Rejection& rejection);
  void forward(kafka::Record record, const Command& command, std::int32_t shard);
  void submit(std::vector<Command> commands);
  std::int32_t shard_of(std::int32_t partition) const;

  kafka::Topics topics_;
  DecodeRules rules_;
  Lines lines_;
  telemetry::Log& log_;
  telemetry::Counter read_;
  telemetry::Counter rejected_;
  telemetry::Counter forwarded_;
  std::atomic<kafka::Consumer*> consumer_{nullptr};
  Merge merge_;
  Copies copies_;
  mutable std::mutex mutex_;  ///< Guards what follows.
  std::string trouble_;
};

}  // namespace linekeeper::worker
