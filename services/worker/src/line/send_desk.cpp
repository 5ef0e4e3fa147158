#include "line/send_desk.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "clock.hpp"
#include "command/recipient.hpp"
#include "crash_point.hpp"
#include "line/refusal.hpp"
#include "line/send_request.hpp"
#include "linekeeper/message/message_id.hpp"
#include "linekeeper/session/line.hpp"

namespace linekeeper::worker {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kRemembered = 256;
constexpr std::chrono::milliseconds kAskAgain{200};  ///< A store that did not answer.

}  // namespace

SendDesk::SendDesk(LineContext& context, std::string session, LineJournal& journal, LineEvents& events, LineView view,
                   SendPauses pauses)
    : context_(context),
      session_(std::move(session)),
      journal_(journal),
      events_(events),
      view_(std::move(view)),
      pace_(context.rules, pauses),
      contacts_(journal),
      tasks_(context.executor, rethrow),
      timer_(context.executor) {}

SendDesk::JobPtr SendDesk::make_job(auth::LedgerRecord record) {
  const auto now = Clock::now();
  const auth::WaitClock wait(context_.rules.command_wait, now);
  auto job = std::make_shared<Job>(Job{++order_, std::move(record), {}, {}, {}, wait, now});
  return job;
}

void SendDesk::start(std::vector<auth::LedgerRecord> open) {
  for (auth::LedgerRecord& record : open) {
    JobPtr job = make_job(std::move(record));
    job->looked_up = true;
    remember(job->record.message_id, job->record.command_id);
    queue_.push_back(std::move(job));
  }
  wake();
}

void SendDesk::submit(Command command) {
  if (stopping_) return;  // Its record was not finished: whoever owns the shard next reads it again.
  auth::LedgerRecord record;
  record.command_id = command.head.command_id;
  record.digest = command.head.digest;
  record.origin = command.head.origin;
  record.not_after_ms = command.head.not_after_ms;
  JobPtr job = make_job(std::move(record));
  job->tickets.push_back(command.ticket);
  job->traceparent = command.traceparent;
  job->command = std::move(command);
  unfinished_.emplace(job->order, job);
  if (queue_.size() >= context_.rules.most_sends) {
    tasks_.spawn(fail(std::move(job), v1::LINE_BACKLOG_FULL));
    return;
  }
  queue_.push_back(std::move(job));
  if (pace_.pauses().all.on(unix_ms())) tasks_.spawn(tell_waiting());
  wake();
}

void SendDesk::wake() {
  timer_.cancel();
  count_waits();
  if (running_ || stopping_ || held_up_ || queue_.empty()) return;
  running_ = true;
  tasks_.spawn(run());
}

awaitable<std::size_t> SendDesk::abandon() {
  held_up_ = true;
  timer_.cancel();
  co_await tasks_.join();
  std::vector<JobPtr> begun;
  std::erase_if(queue_, [&begun](const JobPtr& job) {
    if (job->record.state != auth::CommandState::sending) return false;
    begun.push_back(job);
    return true;
  });
  for (const JobPtr& job : begun)
    tasks_.spawn(fail(job, v1::UNKNOWN_OUTCOME, "reset"));
  co_await tasks_.join();
  co_return begun.size();
}

void SendDesk::go_on() {
  held_up_ = false;
  pace_ = SendPace(context_.rules, {});
  contacts_.forget();
  wake();
}

awaitable<void> SendDesk::stop() {
  stopping_ = true;
  timer_.cancel();
  co_await tasks_.join();
}

std::vector<Command> SendDesk::left() {
  std::vector<Command> commands;
  for (const auto& [order, job] : std::exchange(unfinished_, {})) {
    for (const kafka::Ticket& ticket : job->tickets) {
      commands.push_back(*job->command);
      commands.back().ticket = ticket;
    }
  }
  return commands;
}

std::string SendDesk::command_of(std::string_view message_id) const {
  for (const auto& [id, command] : recent_)
    if (id == message_id) return command;
  return {};
}

void SendDesk::remember(const std::string& message_id, const std::string& command_id) {
  if (message_id.empty()) return;
  recent_.emplace_back(message_id, command_id);
  if (recent_.size() > kRemembered) recent_.pop_front();
}

awaitable<void> SendDesk::pause(Steady until) {
  timer_.expires_at(until);
  boost::system::error_code ignored;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void SendDesk::requeue(JobPtr job) {
  // Back to its place: what was read earlier goes out earlier.
  const auto later =
      std::find_if(queue_.begin(), queue_.end(), [&](const JobPtr& other) { return other->order > job->order; });
  queue_.insert(later, std::move(job));
}

void SendDesk::finish_tickets(Job& job) {
  for (const kafka::Ticket& ticket : job.tickets)
    context_.finish(ticket);
  job.tickets.clear();
  unfinished_.erase(job.order);
}

awaitable<void> SendDesk::run() {
  while (!stopping_ && !held_up_ && !queue_.empty()) {
    JobPtr job = queue_.front();
    if (job->overdue) {
      co_await pause(Steady::max());  // It is ended elsewhere, and wakes us.
      continue;
    }
    if (in_flight_.size() >= context_.rules.sends_in_flight) {
      co_await pause(Steady::max());
      continue;
    }
    if (!job->looked_up) {
      const bool go_on = co_await look_up(job);
      if (!go_on) continue;
    }
    const bool fresh = job->record.state == auth::CommandState::received;
    if (fresh && !job->first_contact && pace_.asks_for_contacts(unix_ms())) {
      const bool go_on = co_await look_at_contact(job);
      if (!go_on) continue;
    }
    const bool ready = co_await wait_until_ready(job);
    if (!ready) continue;
    // It may have moved back while we waited: what is in front now goes first.
    if (queue_.empty() || queue_.front() != job) continue;
    queue_.pop_front();
    in_flight_.emplace(job->record.command_id, job);
    tasks_.spawn(attempt(job));
  }
  running_ = false;
}

void SendDesk::take_out(const JobPtr& job) {
  const auto it = std::find(queue_.begin(), queue_.end(), job);
  if (it != queue_.end()) queue_.erase(it);
}

SendDesk::Steady SendDesk::due(const Job& job, Steady now, auth::UnixMs wall) {
  const auto at = [&](auth::UnixMs when) {
    return now + std::chrono::milliseconds(std::max<std::int64_t>(when - wall + 1, 0));
  };
  if (job.record.state == auth::CommandState::sending) return at(auth::resend_until(job.record));
  const Steady due = job.wait.expires_at().value_or(Steady::max());
  return job.record.not_after_ms ? std::min(due, at(*job.record.not_after_ms)) : due;
}

SendDesk::Steady SendDesk::end_overdue(Steady now, auth::UnixMs wall) {
  Steady next = Steady::max();
  // What is in front may be in SENDING and has to wait for its line; what has not begun behind it must not.
  const bool blocked = blocked_by(view_.status()) != v1::ERROR_CODE_UNSPECIFIED;
  for (const JobPtr& job : queue_) {
    if (job == queue_.front() || job->overdue || job->record.state != auth::CommandState::received) continue;
    const Steady at = blocked ? now : due(*job, now, wall);
    next = std::min(next, at);
    if (at > now) continue;
    job->overdue = true;
    tasks_.spawn(end_behind(job));
  }
  return next <= now ? Steady::max() : next;
}

awaitable<void> SendDesk::end_behind(JobPtr job) {
  // What the ledger knows of it counts for more than the time or the line's status.
  bool waits = true;
  if (!job->looked_up) waits = co_await look_up(job);
  job->overdue = false;
  const bool late = due(*job, Clock::now(), unix_ms()) <= Clock::now();
  const v1::ErrorCode code = late ? v1::EXPIRED : blocked_by(view_.status());
  if (waits && !stopping_ && code != v1::ERROR_CODE_UNSPECIFIED) {
    take_out(job);
    tasks_.spawn(fail(job, code));
  }
  wake();
}

awaitable<bool> SendDesk::look_up(JobPtr job) {
  const auto twin = in_flight_.find(job->record.command_id);
  if (twin != in_flight_.end() && twin->second->record.digest == job->record.digest) {
    // The same command again while it is under way: one outcome answers both.
    for (const kafka::Ticket& ticket : job->tickets)
      twin->second->tickets.push_back(ticket);
    if (!twin->second->command) twin->second->command = std::move(job->command);
    unfinished_.erase(job->order);
    unfinished_.emplace(twin->second->order, twin->second);
    if (auth::offset_may_advance(twin->second->record, true)) finish_tickets(*twin->second);
    take_out(job);
    co_return false;
  }
  const auto kept = co_await journal_.store().command(job->record.command_id);
  if (stopping_) co_return false;
  if (!kept && auth::unreadable(kept.error())) {
    // It may have been sent, and nobody can tell: neither done again nor overwritten.
    take_out(job);
    tasks_.spawn(refuse(job, v1::STATE_UNREADABLE));
    co_return false;
  }
  if (!kept) {
    co_await pause(Clock::now() + kAskAgain);
    co_return false;
  }
  const auto decision = auth::on_command(job->command->head, *kept, view_.barriers(), unix_ms());
  job->record = decision.record;
  job->looked_up = true;
  switch (decision.kind) {
    case auth::LedgerDecision::Kind::begin:
    case auth::LedgerDecision::Kind::resume: co_return true;
    case auth::LedgerDecision::Kind::done: {
      take_out(job);
      finish_tickets(*job);
      co_return false;
    }
    case auth::LedgerDecision::Kind::publish: {
      take_out(job);
      tasks_.spawn(publish_kept(job));
      co_return false;
    }
    case auth::LedgerDecision::Kind::refuse: {
      take_out(job);
      tasks_.spawn(refuse(job, code_of(decision.refusal)));
      co_return false;
    }
    case auth::LedgerDecision::Kind::conclude: {
      take_out(job);
      tasks_.spawn(fail(job, code_of(decision.refusal)));
      co_return false;
    }
  }
  co_return false;
}

awaitable<bool> SendDesk::look_at_contact(JobPtr job) {
  auto to = recipient_of(std::get<v1::SendCommand>(job->command->body).to(), {});
  if (!to) co_return true;  // Said by name when it is composed.
  const auto fresh = co_await contacts_.is_new(std::move(*to));
  if (stopping_) co_return false;
  if (!fresh) {
    co_await pause(Clock::now() + kAskAgain);
    co_return false;
  }
  job->first_contact = *fresh;
  co_return true;
}

void SendDesk::count_waits() {
  // A send waits for its line only while the line cannot send; behind the pace and behind others it queues.
  const auto now = Clock::now();
  const bool queues = view_.connected() != nullptr;
  for (const JobPtr& job : queue_)
    queues ? job->wait.pause(now) : job->wait.resume(now);
}

awaitable<bool> SendDesk::wait_until_ready(JobPtr job) {
  while (!stopping_ && !held_up_ && !queue_.empty() && queue_.front() == job) {
    const auto now = Clock::now();
    const auth::UnixMs wall = unix_ms();
    const bool fresh = job->record.state == auth::CommandState::received;
    auto ended =
        fresh ? auth::before_start(job->record, view_.barriers(), wall) : auth::on_open_record(job->record, wall);
    v1::ErrorCode code = v1::ERROR_CODE_UNSPECIFIED;
    std::string detail;
    if (ended.kind == auth::LedgerDecision::Kind::publish) {
      queue_.pop_front();
      tasks_.spawn(publish_kept(job));
      co_return false;
    }
    if (ended.kind == auth::LedgerDecision::Kind::conclude) {
      code = code_of(ended.refusal);
    } else if (fresh && job->wait.expired(now)) {
      code = v1::EXPIRED;
    } else if (fresh) {
      code = blocked_by(view_.status());
    }
    const SendPauses& pauses = pace_.pauses();
    if (code == v1::ERROR_CODE_UNSPECIFIED && fresh && job->first_contact == true && pauses.first_contacts.on(wall)) {
      // Waiting would hold up messages to people who know us, and trying makes it worse.
      code = pauses.first_contacts.code;
      detail = "first_contacts_paused";
    }
    if (code != v1::ERROR_CODE_UNSPECIFIED) {
      queue_.pop_front();
      tasks_.spawn(fail(job, code, std::move(detail)));
      co_return false;
    }
    Steady wake_at = std::min(end_overdue(now, wall), due(*job, now, wall));
    if (view_.connected() != nullptr) {
      if (pauses.all.on(wall)) {
        wake_at = std::min(wake_at, now + std::chrono::milliseconds(pauses.all.until_ms - wall));
        co_await pause(wake_at);
        continue;
      }
      if (fresh && !job->paced) {
        job->paced = true;
        job->not_before = pace_.reserve(job->first_contact.value_or(false), now);
      }
      if (job->not_before <= now) co_return true;
      wake_at = std::min(wake_at, job->not_before);
    }
    co_await pause(wake_at);
  }
  co_return false;
}

bool SendDesk::prepare(Job& job, transport::Outgoing& out) {
  if (job.record.state == auth::CommandState::sending) return restore(job.record, out);
  out.id = transport::message::derive_message_id(session_, job.record.command_id,
                                                 std::chrono::milliseconds(job.record.origin.timestamp_ms));
  return compose(std::get<v1::SendCommand>(job.command->body), out);
}

awaitable<void> SendDesk::attempt(JobPtr job) {
  crash_point("send.begin");
  transport::Outgoing out;
  transport::Line* const line = view_.connected();
  const bool composed = prepare(*job, out);
  if (!composed) {
    in_flight_.erase(job->record.command_id);
    co_await fail(job, v1::INTERNAL, "request_unreadable");
    wake();
    co_return;
  }
  if (line == nullptr) {
    in_flight_.erase(job->record.command_id);
    requeue(job);
    wake();
    co_return;
  }
  Bytes request = serialize_request(out);
  out.commit = [this, job, request = std::move(request), id = out.id](transport::Changes changes,
                                                                      transport::SendPlan) -> awaitable<Result<void>> {
    return commit_sending(journal_, job->record, std::move(changes), id, request, unix_ms());
  };
  const std::string id = out.id;
  const transport::Jid person = out.to;
  const transport::SendResult result = co_await line->send(std::move(out));
  if (result.committed) {
    remember(id, job->record.command_id);
    contacts_.add(person);
    if (auth::offset_may_advance(job->record, true)) finish_tickets(*job);
  }
  crash_point("send.answered");
  const bool over = co_await settle(job, result);
  in_flight_.erase(job->record.command_id);
  if (!over && !stopping_) requeue(job);
  if (!stopping_ && pace_.pauses().all.on(unix_ms())) tasks_.spawn(tell_waiting());
  wake();
}

}  // namespace linekeeper::worker
