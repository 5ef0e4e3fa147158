#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "linekeeper/kafka/connection.hpp"
#include "linekeeper/kafka/record.hpp"

namespace linekeeper::telemetry {
class Log;
class Metrics;
}  // namespace linekeeper::telemetry

namespace linekeeper::kafka {

/// What a consumer tells its owner. All calls come from the consumer's own thread, one at a time, and must return at
/// once: the whole group waits for a slow answer to `assigned` or `revoked`.
class ConsumerListener {
 public:
  virtual ~ConsumerListener() = default;

  /// These shards (partition numbers of all command topics together) are ours from now on.
  virtual void assigned(std::span<const std::int32_t> shards) = 0;
  /// These no longer are. `lost`: they have been another's for a while already (frozen, cut off): nothing of them could
  /// be committed. Records of theirs still in flight may be finished, which then has no effect.
  virtual void revoked(std::span<const std::int32_t> shards, bool lost) = 0;
  /// Records of one partition come in order. Give the ticket back once, from any thread.
  virtual void received(Record record) = 0;
  /// Everything that was present in this topic and shard when it was assigned has been handed over.
  virtual void caught_up(std::uint16_t topic, std::int32_t shard) = 0;
  /// The lead topic has another number of partitions than before: sessions belong to other shards.
  virtual void resized(std::int32_t shard_count) { (void)shard_count; }
  /// Called some twenty times a second from the start on, whatever happens: for deadlines and what had to wait.
  virtual void tick() {}
  /// The consumer cannot work, or can again (`trouble` empty). Codes: `kafka_unavailable`; `not_found`, a topic is
  /// missing; `kafka_refused`, the brokers refuse our login or certificate or deny us a right, or members that are no
  /// workers keep us out of the group.
  virtual void trouble(const Problem& trouble) = 0;
};

/// One member of the workers' group, with a thread of its own.
///
/// Only the lead topic is subscribed to; the partitions of the other topics follow it number by number, so that one
/// worker has all commands of a session. A topic with more partitions than the lead topic has its surplus read by the
/// owner of (number modulo lead count). Positions of the followed topics are committed under the same membership, hence
/// fenced like the others, and written anew every `recommit_every`, because a broker drops offsets of topics nobody in
/// the group subscribes to. An offset that is missing although the group has others is an alarm in the log; reading
/// then begins at the earliest record.
class Consumer {
 public:
  struct Settings {
    Connection connection;
    std::string group_id = "linekeeper-workers";
    std::vector<std::string> topics;               ///< The first leads.
    std::size_t budget_bytes = 64 << 20;           ///< Of all records handed over and not finished.
    std::chrono::milliseconds commit_every{1000};  ///< Positions are due so often, and committed within as long again.
    std::chrono::milliseconds recommit_every{std::chrono::hours(20)};
    /// Added to those of each metric: where a program has several consumers.
    std::vector<std::pair<std::string, std::string>> metric_labels = {};
  };

  /// Begins at once, also when no broker answers: `listener` learns of it and the consumer keeps trying.
  /// `listener`, `log` and `metrics` must outlive it. Errors: `invalid_argument`, a property librdkafka refuses.
  static std::variant<std::unique_ptr<Consumer>, Problem> start(Settings settings, ConsumerListener& listener,
                                                                telemetry::Log& log, telemetry::Metrics& metrics);
  /// Closes within 5 s unless `close` was called.
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  /// This record needs nothing more: its offset may be committed once all before it are finished too. Any thread.
  void finish(const Ticket& ticket);

  /// No further records are handed over; positions are still committed and the shards kept. Any thread; not undone.
  void stop_intake();

  /// Commits and leaves the group for a while: others are assigned its shards at once. `rejoin` ends that. Any thread.
  void leave();
  void rejoin();

  /// Commits, leaves the group so that others are assigned at once, and ends the thread. Blocks for at most `timeout`;
  /// false if the brokers did not answer in time. Not from the listener.
  bool close(std::chrono::milliseconds timeout);

  /// Partition count of the lead topic; 0 until it is known. Any thread.
  std::int32_t shard_count() const noexcept;
  /// Bytes of all records handed over and not finished. Any thread.
  std::size_t in_flight_bytes() const noexcept;
  /// The membership stands: assigned at least once and not in trouble. Any thread.
  bool healthy() const noexcept;

 private:
  struct Impl;
  explicit Consumer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace linekeeper::kafka
