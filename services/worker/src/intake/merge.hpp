#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "command/command.hpp"

namespace linekeeper::worker {

/// Puts what was present in several topics when a shard was assigned into the order in which it was written, by the
/// origin timestamps of the commands. Within one topic the order stays as it is. Once everything present has been read,
/// commands pass as they come. Plain state: the caller brings the time and hands on what is returned.
class Merge {
 public:
  static constexpr std::size_t kTopics = 4;
  using Time = std::chrono::steady_clock::time_point;

  /// A topic that cannot be read holds the others up for `patience` at most.
  explicit Merge(std::chrono::milliseconds patience) : patience_(patience) {}

  void assigned(std::int32_t shard, Time now);
  /// What is still held is dropped: whoever gets the shard reads it again.
  void revoked(std::int32_t shard);

  /// A command was read; returns those that can go on now, in order.
  std::vector<Command> read(std::int32_t shard, std::uint16_t topic, Command command);
  /// Everything that was present in this topic has been read.
  std::vector<Command> caught_up(std::int32_t shard, std::uint16_t topic);
  /// What has waited long enough.
  std::vector<Command> expire(Time now);

  /// Shards that are still being put in order.
  std::size_t merging() const noexcept { return shards_.size(); }

 private:
  struct Shard {
    std::array<std::deque<Command>, kTopics> held;
    std::array<bool, kTopics> complete{};
    Time until;
  };
  static std::vector<Command> release(Shard& shard, bool all);

  std::chrono::milliseconds patience_;
  std::map<std::int32_t, Shard> shards_;
};

}  // namespace linekeeper::worker
