#include "line/control_desk.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "clock.hpp"
#include "crash_point.hpp"
#include "line/refusal.hpp"
#include "linekeeper/base/errc.hpp"

namespace linekeeper::worker {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

ControlDesk::ControlDesk(LineContext& context, std::string session, LineJournal& journal, LineEvents& events,
                         ControlHost& host)
    : context_(context),
      session_(std::move(session)),
      journal_(journal),
      events_(events),
      host_(host),
      tasks_(context.executor, rethrow),
      timer_(context.executor),
      pairs_(context.executor, host.lifecycle(), host, tasks_, concluding()),
      lines_(context.executor, host.lifecycle(), host, tasks_, concluding()) {}

Conclude ControlDesk::concluding() {
  return [this](JobPtr job, Answer answer) { return conclude(std::move(job), std::move(answer)); };
}

void ControlDesk::start(std::vector<auth::LedgerRecord> open) {
  for (auth::LedgerRecord& record : open) {
    auto job = std::make_shared<ControlJob>(ControlJob{{}, std::move(record), auth::WaitClock({}, Clock::now()), 0});
    tasks_.spawn(publish_kept(std::move(job)));
  }
}

void ControlDesk::submit(Command command) {
  if (stopping_) return;
  auth::WaitClock wait(context_.rules.command_wait, Clock::now());
  auto job = std::make_shared<ControlJob>(ControlJob{std::move(command), {}, wait, ++order_});
  unfinished_.emplace(job->order, job);
  if (queue_.size() >= context_.rules.most_controls) {
    tasks_.spawn(refuse(std::move(job), v1::LINE_BACKLOG_FULL));
    return;
  }
  queue_.push_back(std::move(job));
  if (running_) return;
  running_ = true;
  tasks_.spawn(run());
}

void ControlDesk::status_changed() {
  pairs_.status_changed();
  lines_.status_changed();
}

awaitable<void> ControlDesk::stop() {
  stopping_ = true;
  timer_.cancel();
  pairs_.stop();
  lines_.stop();
  co_await tasks_.join();
}

std::vector<Command> ControlDesk::left() {
  std::vector<Command> commands;
  for (const auto& [order, job] : std::exchange(unfinished_, {}))
    commands.push_back(std::move(job->command));
  return commands;
}

void ControlDesk::finish(ControlJob& job) {
  if (job.order == 0) return;
  context_.finish(job.command.ticket);
  unfinished_.erase(job.order);
}

awaitable<void> ControlDesk::run() {
  while (!stopping_ && !queue_.empty()) {
    JobPtr job = queue_.front();
    const auto kept = co_await journal_.store().command(job->command.head.command_id);
    if (stopping_) break;
    if (!kept && auth::unreadable(kept.error())) {
      queue_.pop_front();
      co_await refuse(job, v1::STATE_UNREADABLE);
      continue;
    }
    if (!kept) {
      timer_.expires_after(std::chrono::milliseconds(200));
      boost::system::error_code ignored;
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      continue;
    }
    queue_.pop_front();
    const auto decision = auth::on_command(job->command.head, *kept, host_.barriers(), unix_ms());
    job->record = decision.record;
    switch (decision.kind) {
      case auth::LedgerDecision::Kind::begin:
      case auth::LedgerDecision::Kind::resume: co_await perform(job); break;
      case auth::LedgerDecision::Kind::done: finish(*job); break;
      case auth::LedgerDecision::Kind::publish: co_await publish_kept(job); break;
      case auth::LedgerDecision::Kind::refuse: co_await refuse(job, code_of(decision.refusal)); break;
      case auth::LedgerDecision::Kind::conclude: {
        Answer answer;
        answer.code = code_of(decision.refusal);
        answer.outcome = answer.code == v1::SUPERSEDED ? v1::COMMAND_OUTCOME_SUPERSEDED : v1::COMMAND_OUTCOME_FAILED;
        co_await conclude(job, std::move(answer));
        break;
      }
    }
  }
  running_ = false;
}

awaitable<void> ControlDesk::perform(JobPtr job) {
  crash_point("control.begin");
  switch (job->command.head.kind) {
    case auth::CommandKind::pair: co_await pairs_.begin(job); break;
    case auth::CommandKind::reset: co_await perform_reset(job); break;
    case auth::CommandKind::line: co_await lines_.begin(job); break;
    case auth::CommandKind::send: break;  // Never handed to this desk.
  }
}

awaitable<void> ControlDesk::perform_reset(JobPtr job) {
  const auto& command = std::get<v1::ResetCommand>(job->command.body);
  ControlHost::ResetOutcome outcome = [this, job](const v1::ResetReport& report) {
    v1::ConnectionEvent kept;
    kept.set_session_id(session_);
    kept.set_command_id(job->record.command_id);
    kept.set_status(v1::LINE_STATUS_NEEDS_PAIRING);
    kept.set_outcome(v1::COMMAND_OUTCOME_DONE);
    *kept.mutable_reset() = report;
    return auth::finish(job->record, auth::CommandState::succeeded, 0, to_bytes(kept.SerializeAsString()));
  };
  const auto report = co_await host_.reset(command, job->record, outcome);
  if (!report) {
    stopping_ = true;  // The line is being put down; what comes after the reset must not overtake it.
    co_return;
  }
  job->record = outcome(*report);
  crash_point("control.concluded");
  Event event = events_.outcome(host_.lifecycle(), wall_now(), job->record.command_id, v1::COMMAND_OUTCOME_DONE,
                                v1::ERROR_CODE_UNSPECIFIED, {});
  *std::get<v1::ConnectionEvent>(event.body).mutable_reset() = *report;
  co_await publish(job, std::move(event));
}

awaitable<void> ControlDesk::conclude(JobPtr job, Answer answer) {
  Event event = events_.outcome(host_.lifecycle(), wall_now(), job->record.command_id, answer.outcome, answer.code,
                                answer.detail);
  auto& body = std::get<v1::ConnectionEvent>(event.body);
  for (v1::NumberCheck& number : answer.numbers)
    body.add_numbers()->Swap(&number);
  const bool failed = answer.outcome != v1::COMMAND_OUTCOME_DONE;
  job->record =
      auth::finish(std::move(job->record), failed ? auth::CommandState::failed : auth::CommandState::succeeded,
                   static_cast<int>(answer.code), to_bytes(body.SerializeAsString()));
  auth::Commit commit;
  commit.ledger.push_back(job->record);
  const auto committed = co_await journal_.commit(std::move(commit));
  if (!committed) {
    stopping_ = true;  // The line is being put down, and its next holder does this command again.
    co_return;
  }
  crash_point("control.concluded");
  co_await publish(job, std::move(event));
}

awaitable<void> ControlDesk::publish(JobPtr job, Event event) {
  event.traceparent = job->command.traceparent;
  events_.stamp(event);
  const bool failed = std::get<v1::ConnectionEvent>(event.body).outcome() != v1::COMMAND_OUTCOME_DONE;
  const auto done = co_await context_.events.publish(std::move(event));
  if (!done) co_return;
  (failed ? context_.metrics.commands_failed : context_.metrics.commands_done).add();
  journal_.later(auth::published(job->record));
  finish(*job);
}

awaitable<void> ControlDesk::publish_kept(JobPtr job) {
  v1::ConnectionEvent kept;
  if (!kept.ParseFromString(to_text(job->record.outcome))) {
    context_.log.error("a stored outcome does not parse", {{"session", session_}});
    kept.set_session_id(session_);
    kept.set_command_id(job->record.command_id);
    kept.set_outcome(v1::COMMAND_OUTCOME_UNKNOWN);
  }
  Event event = events_.outcome_again(std::move(kept));
  co_await publish(std::move(job), std::move(event));
}

awaitable<void> ControlDesk::refuse(JobPtr job, v1::ErrorCode code) {
  Event event = events_.outcome(host_.lifecycle(), wall_now(), job->command.head.command_id, v1::COMMAND_OUTCOME_FAILED,
                                code, {});
  // Whatever the ledger keeps under this id stays as it is, so this event needs an id of its own.
  const auto& origin = job->command.head.origin;
  event.id =
      event_id({"refused", session_, origin.topic, std::to_string(origin.partition), std::to_string(origin.offset)});
  event.traceparent = job->command.traceparent;
  events_.stamp(event);
  const auto done = co_await context_.events.publish(std::move(event));
  if (!done) co_return;
  context_.metrics.commands_failed.add();
  finish(*job);
}

}  // namespace linekeeper::worker
