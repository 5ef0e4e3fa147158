#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command/command.hpp"
#include "line/line_context.hpp"
#include "line/line_runner.hpp"
#include "linekeeper/net/task_group.hpp"

namespace linekeeper::worker {

/// The lines of one loop: knows which shards are ours, finds their sessions and gives each a runner. Threads: the
/// loop's.
class LineTable {
 public:
  /// `mine`: whether the sessions of a bucket belong to this loop. `context` outlives it.
  LineTable(LineContext& context, std::function<bool(std::uint8_t bucket)> mine);

  void start();
  /// These shards are ours. `count`: how many there are in all; without shards only that number is another one.
  void assigned(std::vector<std::int32_t> shards, std::int32_t count);
  /// `lost`: we were cut off from Kafka, so perhaps nobody has them yet.
  void revoked(std::vector<std::int32_t> shards, bool lost);
  /// A command of a session of this loop.
  void submit(Command command);
  /// The context's key ring is another one from now on: lines are sealed anew in the background.
  void use_ring();
  void use_version();
  /// The end begins: no new lines, no new commands. Returns when commands under way have ended; lines stay up.
  awaitable<void> finish_commands();
  /// Returns when no line is held any more: each was asked for, or had nothing to keep up.
  awaitable<void> handed_over();
  /// Closes what is left. Returns when no line runs any more.
  awaitable<void> stop();

  std::size_t size() const noexcept { return lines_.size(); }

 private:
  struct Shard {
    std::chrono::steady_clock::time_point assigned_at;
    std::optional<std::uint64_t> since_us;  ///< The same by Redis' clock, once it was asked.
  };

  LineRunner& line(const std::string& session);
  const Shard* shard_of(std::string_view session) const;
  void settle(bool regrouped);
  awaitable<void> discover();
  awaitable<bool> date_shards();
  awaitable<bool> find_lines();
  awaitable<void> tend();
  awaitable<void> reap(std::shared_ptr<LineRunner> line);

  LineContext& context_;
  std::function<bool(std::uint8_t)> mine_;
  std::map<std::string, std::shared_ptr<LineRunner>, std::less<>> lines_;
  std::map<std::int32_t, Shard> shards_;
  std::int32_t count_ = 0;
  net::TaskGroup tasks_;
  boost::asio::steady_timer timer_;
  bool discovering_ = false;
  bool rediscover_ = false;
  bool ending_ = false;
  bool stopping_ = false;
};

}  // namespace linekeeper::worker
