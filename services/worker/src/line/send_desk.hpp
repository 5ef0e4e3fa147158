#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command/command.hpp"
#include "line/contacts.hpp"
#include "line/line_context.hpp"
#include "line/line_events.hpp"
#include "line/line_journal.hpp"
#include "line/send_pace.hpp"
#include "linekeeper/auth/command_ledger.hpp"
#include "linekeeper/net/task_group.hpp"
#include "linekeeper/session/outgoing.hpp"

namespace linekeeper::transport {
class Line;
}

namespace linekeeper::worker {

/// What the send desk has to know of its line, asked whenever it is about to act.
struct LineView {
  std::function<v1::LineStatus()> status;
  std::function<auth::Barriers()> barriers;
  std::function<transport::Line*()> connected;    ///< The line if it can send now, else null.
  std::function<void(const SendPauses&)> paused;  ///< The server ordered a pause: to be stored and told.
};

/// The sends of one line while its lease is held: each command once through the ledger, in order, as fast as the line
/// allows, until Kafka has its outcome. Threads: the line's.
class SendDesk {
 public:
  /// `pauses`: as stored with the line.
  SendDesk(LineContext& context, std::string session, LineJournal& journal, LineEvents& events, LineView view,
           SendPauses pauses);

  /// Begins with what a holder before us left in SENDING or unpublished.
  void start(std::vector<auth::LedgerRecord> open);
  /// Commands in the order in which they were read.
  void submit(Command command);
  /// The line's status or connection changed.
  void wake();
  /// Ends what had begun, because the line forgets everything: messages in SENDING end as UNKNOWN_OUTCOME and their
  /// plaintext is dropped. Returns when all outcomes are published; how many messages there were. Nothing begins until
  /// `go_on`. The line's connection is closed before.
  awaitable<std::size_t> abandon();
  /// Everything was forgotten: whom the line knew, and what its server had asked for.
  void go_on();
  /// Nothing new begins; returns when what was under way has ended.
  awaitable<void> stop();
  /// After `stop`: the commands that Kafka still counts as ours, in order. Kafka gives them to whoever owns the shard
  /// next; the same owner is given nothing twice and has to keep them.
  std::vector<Command> left();

  std::size_t waiting() const noexcept { return queue_.size(); }
  bool idle() const noexcept { return queue_.empty() && in_flight_.empty(); }
  /// The command a message of ours answered, if it is remembered.
  std::string command_of(std::string_view message_id) const;

 private:
  using Steady = std::chrono::steady_clock::time_point;
  struct Job {
    std::uint64_t order = 0;
    auth::LedgerRecord record;
    std::optional<Command> command;  ///< Absent: found open in the ledger.
    std::vector<kafka::Ticket> tickets;
    std::string traceparent;
    auth::WaitClock wait;
    Steady read_at;
    Steady not_before{};  ///< Its turn; after trouble: not tried again before.
    bool looked_up = false;
    bool paced = false;
    bool overdue = false;                 ///< It is being ended, because its time passed behind others.
    std::optional<bool> first_contact{};  ///< Unknown until it matters.
    auth::UnixMs told_until = 0;          ///< Of the pause whose end was published for it.
  };
  using JobPtr = std::shared_ptr<Job>;

  JobPtr make_job(auth::LedgerRecord record);
  awaitable<void> run();
  awaitable<bool> look_up(JobPtr job);
  void take_out(const JobPtr& job);
  /// When a job ends that has not begun, or was not confirmed.
  static Steady due(const Job& job, Steady now, auth::UnixMs wall);
  /// Ends what has waited too long behind the first, or whose line waits for a person; when the next of them is due.
  Steady end_overdue(Steady now, auth::UnixMs wall);
  awaitable<void> end_behind(JobPtr job);
  awaitable<bool> look_at_contact(JobPtr job);
  /// True: start it. False: it has ended or the desk stops.
  awaitable<bool> wait_until_ready(JobPtr job);
  awaitable<void> attempt(JobPtr job);
  awaitable<bool> settle(JobPtr job, const transport::SendResult& result);
  awaitable<void> conclude(JobPtr job, auth::CommandState state, v1::OutboundUpdate update);
  awaitable<void> fail(JobPtr job, v1::ErrorCode code, std::string detail = {});
  awaitable<void> refuse(JobPtr job, v1::ErrorCode code);
  awaitable<void> publish_outcome(JobPtr job, v1::OutboundUpdate update);
  awaitable<void> publish_kept(JobPtr job);
  awaitable<void> pause(Steady until);
  awaitable<void> tell_waiting();
  void count_waits();
  void requeue(JobPtr job);
  void finish_tickets(Job& job);
  void remember(const std::string& message_id, const std::string& command_id);
  bool prepare(Job& job, transport::Outgoing& out);

  LineContext& context_;
  std::string session_;
  LineJournal& journal_;
  LineEvents& events_;
  LineView view_;
  SendPace pace_;
  Contacts contacts_;
  net::TaskGroup tasks_;
  boost::asio::steady_timer timer_;
  std::deque<JobPtr> queue_;
  std::map<std::uint64_t, JobPtr> unfinished_;  ///< Whose tickets are not given back, by order.
  std::map<std::string, JobPtr, std::less<>> in_flight_;
  std::deque<std::pair<std::string, std::string>> recent_;  ///< Message id, command id; bounded.
  std::uint64_t order_ = 0;
  bool running_ = false;
  bool held_up_ = false;  ///< Between `abandon` and `go_on`.
  bool stopping_ = false;
};

}  // namespace linekeeper::worker
