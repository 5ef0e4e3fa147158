#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <vector>

#include "line/control_job.hpp"

namespace linekeeper::worker {

/// Commands that wait for their line, each until its `not_after` or as long as a command may. Threads: the line's.
class WaitingJobs {
 public:
  /// `expired` is told of each whose time is up; it does not wait any more then.
  WaitingJobs(boost::asio::any_io_executor executor, std::function<void(ControlJobPtr)> expired);

  void add(ControlJobPtr job);
  /// All of them in the order they came; nobody waits any more.
  std::vector<ControlJobPtr> take();
  /// The one that came first. There is one.
  const ControlJob& first() const { return *jobs_.front(); }
  bool empty() const noexcept { return jobs_.empty(); }
  /// Nobody waits any more, and nobody is told: Kafka still has the commands, and the next holder goes on.
  void stop();

 private:
  void arm();
  void expire();

  boost::asio::steady_timer timer_;
  std::function<void(ControlJobPtr)> expired_;
  std::vector<ControlJobPtr> jobs_;
};

}  // namespace linekeeper::worker
