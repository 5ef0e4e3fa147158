#pragma once

#include <string>
#include <vector>

#include "line/control_job.hpp"
#include "line/waiting_jobs.hpp"
#include "linekeeper/lifecycle/lifecycle.hpp"
#include "linekeeper/net/task_group.hpp"
#include "linekeeper/session/outgoing.hpp"

namespace linekeeper::worker {

/// What line commands do to their line; implemented by whoever runs it.
class LineActions {
 public:
  virtual ~LineActions() = default;
  virtual void connect() = 0;
  virtual void disconnect() = 0;
  /// True: the server confirmed the removal.
  virtual awaitable<bool> logout() = 0;
  /// True: another session took the number over, and this one has given it up.
  virtual awaitable<Result<bool>> yield_number() = 0;
  /// Errors: `connection_lost`, `timed_out`, `iq_error`.
  virtual awaitable<Result<std::vector<transport::NumberStatus>>> check_numbers(std::vector<std::string> numbers) = 0;
};

/// Line commands of one line: done at once, but for numbers to be checked, which wait for the line to be connected.
/// Threads: the line's.
class LineDesk {
 public:
  /// All that it is given by reference outlives it.
  LineDesk(boost::asio::any_io_executor executor, const lifecycle::Lifecycle& lifecycle, LineActions& host,
           net::TaskGroup& tasks, Conclude conclude);

  awaitable<void> begin(ControlJobPtr job);
  /// The line's status changed: what waits may go on.
  void status_changed();
  void stop();

  bool idle() const noexcept { return waiting_.empty(); }

 private:
  awaitable<void> log_out(ControlJobPtr job);
  awaitable<void> yield(ControlJobPtr job);
  awaitable<void> check(ControlJobPtr job);

  const lifecycle::Lifecycle& lifecycle_;
  LineActions& host_;
  net::TaskGroup& tasks_;
  Conclude conclude_;
  WaitingJobs waiting_;
  bool stopped_ = false;
};

}  // namespace linekeeper::worker
