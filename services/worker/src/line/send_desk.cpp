#include "line/send_desk.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "clock.hpp"
#include "crash_point.hpp"
#include "line/refusal.hpp"
#include "line/send_outcome.hpp"
#include "line/send_request.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/message/message_id.hpp"
#include "linekeeper/session/line.hpp"

namespace linekeeper::worker {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kRemembered = 256;

v1::OutboundUpdate update_of(const auth::LedgerRecord& record, std::string to) {
  v1::OutboundUpdate update;
  update.set_command_id(record.command_id);
  update.set_message_id(record.message_id);
  update.set_to(std::move(to));
  return update;
}

}  // namespace

SendDesk::SendDesk(LineContext& context, std::string session, LineJournal& journal, LineEvents& events, LineView view)
    : context_(context),
      session_(std::move(session)),
      journal_(journal),
      events_(events),
      view_(std::move(view)),
      tasks_(context.executor, rethrow),
      timer_(context.executor) {
  if (context.rules.send_rate) bucket_.emplace(*context.rules.send_rate, context.rules.send_burst);
}

void SendDesk::start(std::vector<auth::LedgerRecord> open) {
  for (auth::LedgerRecord& record : open) {
    const auto now = Clock::now();
    auto job = std::make_shared<Job>(Job{++order_,
                                         std::move(record),
                                         {},
                                         {},
                                         {},
                                         auth::WaitClock(context_.rules.command_wait, now),
                                         now,
                                         {},
                                         true,
                                         false});
    remember(job->record.message_id, job->record.command_id);
    queue_.push_back(std::move(job));
  }
  wake();
}

void SendDesk::submit(Command command) {
  const auto now = Clock::now();
  auth::LedgerRecord record;
  record.command_id = command.head.command_id;
  record.digest = command.head.digest;
  record.origin = command.head.origin;
  record.not_after_ms = command.head.not_after_ms;
  auto job = std::make_shared<Job>(Job{++order_,
                                       std::move(record),
                                       {},
                                       {command.ticket},
                                       command.traceparent,
                                       auth::WaitClock(context_.rules.command_wait, now),
                                       now,
                                       {},
                                       false,
                                       false});
  job->command = std::move(command);
  if (stopping_) return;  // Its record was not finished: whoever owns the shard next reads it again.
  unfinished_.emplace(job->order, job);
  if (queue_.size() >= context_.rules.most_sends) {
    tasks_.spawn(fail(std::move(job), v1::LINE_BACKLOG_FULL));
    return;
  }
  queue_.push_back(std::move(job));
  wake();
}

void SendDesk::wake() {
  timer_.cancel();
  if (running_ || stopping_ || queue_.empty()) return;
  running_ = true;
  tasks_.spawn(run());
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
  while (!stopping_ && !queue_.empty()) {
    JobPtr job = queue_.front();
    if (in_flight_.size() >= context_.rules.sends_in_flight) {
      co_await pause(Steady::max());
      continue;
    }
    if (!job->looked_up) {
      const bool go_on = co_await look_up(job);
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
    queue_.pop_front();
    co_return false;
  }
  const auto kept = co_await journal_.store().command(job->record.command_id);
  if (stopping_) co_return false;
  if (!kept) {
    co_await pause(Clock::now() + std::chrono::milliseconds(200));
    co_return false;
  }
  const auto decision = auth::on_command(job->command->head, *kept, view_.barriers(), unix_ms());
  job->record = decision.record;
  job->looked_up = true;
  switch (decision.kind) {
    case auth::LedgerDecision::Kind::begin:
    case auth::LedgerDecision::Kind::resume: co_return true;
    case auth::LedgerDecision::Kind::done: {
      queue_.pop_front();
      finish_tickets(*job);
      co_return false;
    }
    case auth::LedgerDecision::Kind::publish: {
      queue_.pop_front();
      v1::OutboundUpdate update;
      if (!update.ParseFromString(to_text(job->record.outcome))) update = update_of(job->record, {});
      tasks_.spawn(publish_outcome(job, std::move(update)));
      co_return false;
    }
    case auth::LedgerDecision::Kind::refuse: {
      queue_.pop_front();
      tasks_.spawn(refuse(job, code_of(decision.refusal)));
      co_return false;
    }
    case auth::LedgerDecision::Kind::conclude: {
      queue_.pop_front();
      tasks_.spawn(fail(job, code_of(decision.refusal)));
      co_return false;
    }
  }
  co_return false;
}

awaitable<bool> SendDesk::wait_until_ready(JobPtr job) {
  while (!stopping_ && !queue_.empty() && queue_.front() == job) {
    const auto now = Clock::now();
    const bool fresh = job->record.state == auth::CommandState::received;
    auto ended = fresh ? auth::before_start(job->record, view_.barriers(), unix_ms())
                       : auth::on_open_record(job->record, unix_ms());
    v1::ErrorCode code = v1::ERROR_CODE_UNSPECIFIED;
    if (ended.kind == auth::LedgerDecision::Kind::publish) {
      queue_.pop_front();
      v1::OutboundUpdate update;
      if (!update.ParseFromString(to_text(job->record.outcome))) update = update_of(job->record, {});
      tasks_.spawn(publish_outcome(job, std::move(update)));
      co_return false;
    }
    if (ended.kind == auth::LedgerDecision::Kind::conclude) {
      code = code_of(ended.refusal);
    } else if (fresh && job->wait.expired(now)) {
      code = v1::EXPIRED;
    } else if (fresh) {
      code = blocked_by(view_.status());
    }
    if (code != v1::ERROR_CODE_UNSPECIFIED) {
      queue_.pop_front();
      tasks_.spawn(fail(job, code));
      co_return false;
    }
    Steady wake_at = fresh ? job->wait.expires_at().value_or(Steady::max()) : Steady::max();
    if (fresh && job->record.not_after_ms) {
      wake_at = std::min(wake_at, now + std::chrono::milliseconds(
                                            std::max<std::int64_t>(*job->record.not_after_ms - unix_ms() + 1, 1)));
    }
    if (view_.connected() != nullptr) {
      Steady ready_at = std::max(job->not_before, paused_until_);
      if (fresh && bucket_ && !job->paced) {
        job->paced = true;
        job->not_before = bucket_->reserve(now);
        ready_at = std::max(ready_at, job->not_before);
      }
      if (ready_at <= now) {
        job->wait.resume(now);
        co_return true;
      }
      // Queueing behind the send rate is not the line's fault and does not count.
      if (job->paced) job->wait.pause(now);
      wake_at = std::min(wake_at, ready_at);
    } else {
      job->wait.resume(now);
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
  const transport::SendResult result = co_await line->send(std::move(out));
  if (result.committed) {
    remember(id, job->record.command_id);
    if (auth::offset_may_advance(job->record, true)) finish_tickets(*job);
  }
  crash_point("send.answered");
  const bool over = co_await settle(job, result);
  in_flight_.erase(job->record.command_id);
  if (!over && !stopping_) requeue(job);
  wake();
}

awaitable<bool> SendDesk::settle(JobPtr job, const transport::SendResult& result) {
  const SendVerdict verdict = verdict_of(result.outcome);
  const auto now = Clock::now();
  if (verdict.kind == SendVerdict::Kind::again) {
    if (verdict.pause_line) paused_until_ = now + context_.rules.rate_limit_pause;
    job->not_before = verdict.pause ? now + context_.rules.trouble_pause : now;
    co_return false;
  }
  v1::OutboundUpdate update = update_of(job->record, result.plan.chat.str());
  if (verdict.kind == SendVerdict::Kind::accepted) {
    update.set_state(v1::OUTBOUND_STATE_ACCEPTED);
    *update.mutable_server_time() = timestamp_of(lifecycle::Time(std::chrono::seconds(result.server_time)));
    context_.metrics.messages_sent.add();
    context_.metrics.send_seconds.observe(std::chrono::duration<double>(now - job->read_at).count());
    co_await conclude(job, auth::CommandState::succeeded, std::move(update));
    co_return true;
  }
  update.set_state(v1::OUTBOUND_STATE_FAILED);
  *update.mutable_error() =
      error_of(verdict.code, result.code == 0 ? std::string() : "server_" + std::to_string(result.code));
  co_await conclude(job, auth::CommandState::failed, std::move(update));
  co_return true;
}

awaitable<void> SendDesk::fail(JobPtr job, v1::ErrorCode code, std::string detail) {
  std::string to = job->command ? std::get<v1::SendCommand>(job->command->body).to() : std::string();
  v1::OutboundUpdate update = update_of(job->record, std::move(to));
  const bool unknown = code == v1::UNKNOWN_OUTCOME;
  update.set_state(unknown ? v1::OUTBOUND_STATE_UNKNOWN : v1::OUTBOUND_STATE_FAILED);
  *update.mutable_error() = error_of(code, std::move(detail));
  const auto state = unknown ? auth::CommandState::unknown : auth::CommandState::failed;
  co_await conclude(job, state, std::move(update));
}

awaitable<void> SendDesk::conclude(JobPtr job, auth::CommandState state, v1::OutboundUpdate update) {
  const int code = static_cast<int>(update.error().code());
  if (!job->record.finished()) {
    job->record = auth::finish(std::move(job->record), state, code, to_bytes(update.SerializeAsString()));
  }
  auth::Commit commit;
  commit.ledger.push_back(job->record);
  const auto committed = co_await journal_.commit(std::move(commit));
  // Not stored: Kafka or the ledger still has the command, and the next attempt ends the same way.
  if (!committed) co_return;
  crash_point("send.concluded");
  co_await publish_outcome(job, std::move(update));
}

awaitable<void> SendDesk::publish_outcome(JobPtr job, v1::OutboundUpdate update) {
  const bool failed = update.state() != v1::OUTBOUND_STATE_ACCEPTED;
  Event event = events_.outbound(std::move(update), wall_now());
  event.traceparent = job->traceparent;
  events_.stamp(event);
  const auto done = co_await context_.events.publish(std::move(event));
  if (!done) co_return;
  crash_point("send.published");
  (failed ? context_.metrics.commands_failed : context_.metrics.commands_done).add();
  journal_.later(auth::published(job->record));
  finish_tickets(*job);
}

awaitable<void> SendDesk::refuse(JobPtr job, v1::ErrorCode code) {
  v1::OutboundUpdate update;
  update.set_command_id(job->command->head.command_id);
  update.set_to(std::get<v1::SendCommand>(job->command->body).to());
  update.set_state(v1::OUTBOUND_STATE_FAILED);
  *update.mutable_error() = error_of(code);
  Event event = events_.outbound(std::move(update), wall_now());
  // The record kept under this id stays as it is, so this event needs an id of its own.
  const auto& origin = job->command->head.origin;
  event.id =
      event_id({"refused", session_, origin.topic, std::to_string(origin.partition), std::to_string(origin.offset)});
  event.traceparent = job->traceparent;
  events_.stamp(event);
  const auto done = co_await context_.events.publish(std::move(event));
  if (!done) co_return;
  context_.metrics.commands_failed.add();
  finish_tickets(*job);
}

}  // namespace linekeeper::worker
