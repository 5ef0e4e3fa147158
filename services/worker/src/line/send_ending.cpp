// How a send ends, and what is told of it: the other half of SendDesk.

#include <chrono>
#include <utility>

#include "clock.hpp"
#include "crash_point.hpp"
#include "line/send_desk.hpp"
#include "line/send_outcome.hpp"

namespace linekeeper::worker {
namespace {

using Clock = std::chrono::steady_clock;

v1::OutboundUpdate update_of(const auth::LedgerRecord& record, std::string to) {
  v1::OutboundUpdate update;
  update.set_command_id(record.command_id);
  update.set_message_id(record.message_id);
  update.set_to(std::move(to));
  return update;
}

google::protobuf::Timestamp stamp_ms(auth::UnixMs ms) {
  return timestamp_of(lifecycle::Time(std::chrono::milliseconds(ms)));
}

}  // namespace

awaitable<bool> SendDesk::settle(JobPtr job, const transport::SendResult& result) {
  const SendVerdict verdict = verdict_of(result.outcome);
  const auto now = Clock::now();
  if (verdict.kind == SendVerdict::Kind::again) {
    if (verdict.pause_line) {
      pace_.rate_limited(unix_ms());
      view_.paused(pace_.pauses());
    }
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
  if (verdict.code == v1::ACCOUNT_RESTRICTED) {
    pace_.restricted(unix_ms());
    view_.paused(pace_.pauses());
    *update.mutable_not_before() = stamp_ms(pace_.pauses().first_contacts.until_ms);
  }
  co_await conclude(job, auth::CommandState::failed, std::move(update));
  co_return true;
}

awaitable<void> SendDesk::fail(JobPtr job, v1::ErrorCode code, std::string detail) {
  std::string to = job->command ? std::get<v1::SendCommand>(job->command->body).to() : std::string();
  v1::OutboundUpdate update = update_of(job->record, std::move(to));
  const bool unknown = code == v1::UNKNOWN_OUTCOME;
  update.set_state(unknown ? v1::OUTBOUND_STATE_UNKNOWN : v1::OUTBOUND_STATE_FAILED);
  *update.mutable_error() = error_of(code, std::move(detail));
  if (code == v1::ACCOUNT_RESTRICTED) {
    *update.mutable_not_before() = stamp_ms(pace_.pauses().first_contacts.until_ms);
  }
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
  if (failed) context_.metrics.sends_failed.add();
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
  context_.metrics.sends_failed.add();
  finish_tickets(*job);
}

awaitable<void> SendDesk::publish_kept(JobPtr job) {
  v1::OutboundUpdate update;
  if (!update.ParseFromString(to_text(job->record.outcome))) update = update_of(job->record, {});
  return publish_outcome(std::move(job), std::move(update));
}

awaitable<void> SendDesk::tell_waiting() {
  const SendPause pause = pace_.pauses().all;
  const std::vector<JobPtr> waiting(queue_.begin(), queue_.end());
  for (const JobPtr& job : waiting) {
    if (job->told_until == pause.until_ms) continue;
    if (!job->looked_up) {
      // A command that is over already does not wait.
      const auto kept = co_await journal_.store().command(job->record.command_id);
      if (stopping_) co_return;
      if (!kept || *kept || job->told_until == pause.until_ms) continue;
    }
    job->told_until = pause.until_ms;
    v1::OutboundUpdate update = update_of(job->record, {});
    if (job->command) update.set_to(std::get<v1::SendCommand>(job->command->body).to());
    update.set_state(v1::OUTBOUND_STATE_WAITING);
    *update.mutable_error() = error_of(pause.code);
    *update.mutable_not_before() = stamp_ms(pause.until_ms);
    Event event = events_.outbound(std::move(update), wall_now());
    event.id = event_id({"waiting", session_, job->record.command_id, std::to_string(pause.until_ms)});
    event.traceparent = job->traceparent;
    events_.stamp(event);
    context_.events.post(event);
  }
}

}  // namespace linekeeper::worker
