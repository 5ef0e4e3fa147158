#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "line/control_job.hpp"
#include "line/line_context.hpp"
#include "line/line_desk.hpp"
#include "line/line_events.hpp"
#include "line/line_journal.hpp"
#include "line/pair_desk.hpp"
#include "linekeeper/auth/command_ledger.hpp"
#include "linekeeper/net/task_group.hpp"

namespace linekeeper::worker {

/// What pair, reset and line commands do to their line; implemented by whoever runs it.
class ControlHost : public PairHost, public LineActions {
 public:
  virtual const lifecycle::Lifecycle& lifecycle() const = 0;
  virtual auth::Barriers barriers() const = 0;
  /// Makes the outcome's record from what the reset did.
  using ResetOutcome = std::function<auth::LedgerRecord(const v1::ResetReport&)>;
  /// Closes, ends what was under way, wipes and commits, with the command's outcome in the same write. After an error
  /// the line is loaded anew and the command, whose `received` this is, comes again.
  virtual awaitable<Result<v1::ResetReport>> reset(const v1::ResetCommand& command, const auth::LedgerRecord& received,
                                                   ResetOutcome outcome) = 0;
};

/// Pair, reset and line commands of one line while its lease is held: one after the other through the ledger, pair
/// and line commands on to desks of their own. Threads: the line's.
class ControlDesk {
 public:
  ControlDesk(LineContext& context, std::string session, LineJournal& journal, LineEvents& events, ControlHost& host);

  /// Begins with outcomes a holder before us could not publish.
  void start(std::vector<auth::LedgerRecord> open);
  void submit(Command command);
  /// The line's status changed: pair commands may have their answer.
  void status_changed();
  awaitable<void> stop();
  /// After `stop`: the commands that Kafka still counts as ours, in order, as SendDesk::left.
  std::vector<Command> left();

  bool idle() const noexcept { return queue_.empty() && pairs_.idle() && lines_.idle() && !running_; }

 private:
  using JobPtr = ControlJobPtr;
  using Answer = ControlAnswer;

  awaitable<void> run();
  awaitable<void> perform(JobPtr job);
  awaitable<void> perform_reset(JobPtr job);
  Conclude concluding();
  awaitable<void> conclude(JobPtr job, Answer answer);
  awaitable<void> publish(JobPtr job, Event event);
  awaitable<void> publish_kept(JobPtr job);
  awaitable<void> refuse(JobPtr job, v1::ErrorCode code);
  void finish(ControlJob& job);

  LineContext& context_;
  std::string session_;
  LineJournal& journal_;
  LineEvents& events_;
  ControlHost& host_;
  net::TaskGroup tasks_;
  boost::asio::steady_timer timer_;  ///< The store did not answer: a moment until the next try.
  std::deque<JobPtr> queue_;
  std::map<std::uint64_t, JobPtr> unfinished_;  ///< Whose tickets are not given back, by order.
  std::uint64_t order_ = 0;
  PairDesk pairs_;
  LineDesk lines_;
  bool running_ = false;
  bool stopping_ = false;
};

}  // namespace linekeeper::worker
