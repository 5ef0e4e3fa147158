#pragma once

#include <string>

#include "line/control_job.hpp"
#include "line/waiting_jobs.hpp"
#include "linekeeper/lifecycle/lifecycle.hpp"
#include "linekeeper/net/task_group.hpp"

namespace linekeeper::worker {

/// What pair commands do to their line; implemented by whoever runs it.
class PairHost {
 public:
  virtual ~PairHost() = default;
  /// The number the stored credentials are for; empty if there are none.
  virtual const std::string& own_number() const = 0;
  /// The number that a pairing under way is for; empty if any is welcome.
  virtual const std::string& pairing_number() const = 0;
  /// Archives the credentials of a line that is not logged in, and says so.
  virtual awaitable<Result<void>> remove_other_number() = 0;
  /// Starts pairing or connecting. `at`: the command's origin timestamp.
  virtual void pair(const v1::PairCommand& command, auth::UnixMs at) = 0;
  /// Another command for the pairing under way: what it expects counts too, and a QR or code that is live is published
  /// once more.
  virtual void join_pairing(const v1::PairCommand& command) = 0;
};

/// Pair commands of one line that have begun: answered at once, or waiting aside until the line is connected, unpaired
/// or out of time, so that a reset behind them is not held up. Threads: the line's.
class PairDesk {
 public:
  /// All that it is given by reference outlives it.
  PairDesk(boost::asio::any_io_executor executor, const lifecycle::Lifecycle& lifecycle, PairHost& host,
           net::TaskGroup& tasks, Conclude conclude);

  awaitable<void> begin(ControlJobPtr job);
  /// The line's status changed: what waits may have its answer.
  void status_changed();
  void stop();

  bool idle() const noexcept { return waiting_.empty(); }

 private:
  awaitable<void> ask_phone();

  boost::asio::any_io_executor executor_;
  const lifecycle::Lifecycle& lifecycle_;
  PairHost& host_;
  net::TaskGroup& tasks_;
  Conclude conclude_;
  WaitingJobs waiting_;
  bool stopped_ = false;
  bool on_stored_ = false;  ///< What waits began with credentials that were there, and has asked no phone yet.
};

}  // namespace linekeeper::worker
