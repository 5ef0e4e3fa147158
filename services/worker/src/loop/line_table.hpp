#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
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
  /// `mine`: whether a session belongs to this loop. `context` outlives it.
  LineTable(LineContext& context, std::function<bool(std::string_view session)> mine);

  void start();
  /// These shards are ours. `count`: how many there are in all.
  void assigned(std::vector<std::int32_t> shards, std::int32_t count);
  void revoked(std::vector<std::int32_t> shards);
  /// A command of a session of this loop.
  void submit(Command command);
  /// The context's key ring is another one from now on: lines are sealed anew in the background.
  void use_ring();
  /// Hands everything over or closes it; no new lines. Returns when no line runs any more.
  awaitable<void> stop();

  std::size_t size() const noexcept { return lines_.size(); }

 private:
  LineRunner& line(const std::string& session);
  awaitable<void> discover();
  awaitable<void> tend();
  awaitable<void> reap(std::shared_ptr<LineRunner> line);
  bool owns(std::string_view session) const;

  LineContext& context_;
  std::function<bool(std::string_view)> mine_;
  std::map<std::string, std::shared_ptr<LineRunner>, std::less<>> lines_;
  std::set<std::int32_t> shards_;
  std::int32_t count_ = 0;
  net::TaskGroup tasks_;
  boost::asio::steady_timer timer_;
  bool discovering_ = false;
  bool rediscover_ = false;
  bool stopping_ = false;
};

}  // namespace linekeeper::worker
