#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "line/control_job.hpp"
#include "line/line_context.hpp"
#include "linekeeper/lifecycle/lifecycle.hpp"

namespace linekeeper::worker {

/// What pair commands do to their line; implemented by whoever runs it.
class PairHost {
 public:
  virtual ~PairHost() = default;
  virtual const lifecycle::Lifecycle& lifecycle() const = 0;
  /// The number the stored credentials are for; empty if there are none.
  virtual const std::string& own_number() const = 0;
  /// Starts pairing or connecting. `at`: the command's origin timestamp.
  virtual void pair(const v1::PairCommand& command, auth::UnixMs at) = 0;
  /// A QR or code that is live is published once more.
  virtual void show_pairing_again() = 0;
};

/// Pair commands of one line that have begun: answered at once, or waiting aside until the line is connected, unpaired
/// or out of time, so that a reset behind them is not held up. Threads: the line's.
class PairDesk {
 public:
  /// `conclude` stores and publishes the answer.
  using Conclude = std::function<void(ControlJobPtr, ControlAnswer)>;
  PairDesk(LineContext& context, PairHost& host, Conclude conclude);

  void begin(ControlJobPtr job);
  /// The line's status changed: what waits may have its answer.
  void status_changed();
  /// Nothing is answered any more: Kafka still has the commands, and the next holder goes on.
  void stop();

  bool idle() const noexcept { return waiting_.empty(); }

 private:
  void expire();
  void arm_expiry();

  LineContext& context_;
  PairHost& host_;
  Conclude conclude_;
  std::unique_ptr<boost::asio::steady_timer> expiry_;
  std::vector<ControlJobPtr> waiting_;
  bool stopped_ = false;
};

}  // namespace linekeeper::worker
