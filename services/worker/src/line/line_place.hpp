#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace linekeeper::worker {

/// Where one line stands between Kafka, which says whose it is, and its lease, which says who may run it: a plain
/// machine. A line that is ours is sought until we hold it. A line that is no longer ours is held until its owner asks
/// for it, because until then nobody else would connect it.
class LinePlace {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Step {
    nothing,
    seek,       ///< Ask for the lease until it is ours or `seeks` is false.
    hand_over,  ///< Finish what is under way, close, release.
  };

  /// `drain_timeout`: how long a line that Kafka gave to another waits to be asked for.
  explicit LinePlace(std::chrono::milliseconds drain_timeout) noexcept : drain_timeout_(drain_timeout) {}

  /// The line's shard is ours. `since_us`: Redis time of that assignment; nothing while it is not known yet.
  Step own(std::optional<std::uint64_t> since_us) noexcept;
  /// The shard is another's. `lost`: we were cut off from Kafka, and perhaps it has no owner yet. `up`: a connection is
  /// open or being opened; a line without one has nothing to keep up.
  Step disown(bool lost, bool up, Time now) noexcept;
  /// The lease was gained.
  Step on_held() noexcept;
  /// The lease was released or lost, and nothing of that time runs any more.
  void on_released() noexcept { held_ = handing_over_ = false; }
  /// Another worker asks for the line, by virtue of an assignment at that Redis time.
  Step on_wanted(std::uint64_t since_us) noexcept;
  /// The line's connection has ended and none is being opened.
  Step on_down() noexcept;
  /// `hand_over_at` has come.
  Step on_time(Time now) noexcept;
  /// This process is about to end: no lease is sought any more, what is held waits to be asked for.
  void drain() noexcept { draining_ = true; }
  /// Everything ends.
  Step stop() noexcept;

  bool owned() const noexcept { return owned_; }
  bool held() const noexcept { return held_; }
  /// The lease is to be asked for.
  bool seeks() const noexcept { return owned_ && since_us_ && !held_ && !draining_; }
  std::optional<std::uint64_t> since_us() const noexcept { return since_us_; }
  std::optional<Time> hand_over_at() const noexcept { return hand_over_at_; }

 private:
  Step hand_over() noexcept;

  std::chrono::milliseconds drain_timeout_;
  std::optional<std::uint64_t> since_us_;
  std::optional<Time> hand_over_at_;
  bool owned_ = false;
  bool held_ = false;
  bool handing_over_ = false;
  bool draining_ = false;
};

}  // namespace linekeeper::worker
