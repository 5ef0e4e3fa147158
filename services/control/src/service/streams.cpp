// The two calls that go on: pairing until it is over, and watching.

#include <algorithm>

#include "access/permission.hpp"
#include "service/control.hpp"
#include "service/session_view.hpp"

namespace linekeeper::control {
namespace {

constexpr std::chrono::seconds kQuietAtMost{15};

v1::PairProgress progress_of(const v1::ConnectionEvent& event, const std::string& command_id, UnixTime now) {
  v1::PairProgress progress;
  progress.set_command_id(command_id);
  progress.set_status(event.status());
  if (event.has_reason()) *progress.mutable_reason() = event.reason();
  if (event.has_progress()) *progress.mutable_progress() = event.progress();
  const auto alive = [&](const google::protobuf::Timestamp& until) {
    return std::chrono::seconds(until.seconds()) > now.time_since_epoch();
  };
  if (event.has_qr() && alive(event.qr().expires_at())) *progress.mutable_qr() = event.qr();
  if (event.has_code() && alive(event.code().expires_at())) *progress.mutable_code() = event.code();
  return progress;
}

}  // namespace

awaitable<std::optional<Failure>> Control::pair(Call call, v1::PairCommand request, Sink<v1::PairProgress>& sink,
                                                Bell& bell) {
  const std::string given = request.command_id();
  const CommandId made(given);
  const std::string& id = made.text;
  const std::string session = request.session_id();
  if (auto wrong = invalid(session, given)) {
    audit_.mutation(call, "Pair", {}, id, wrong);
    co_return wrong;
  }
  if (auto denied = refusal(call.caller, Role::operate, session)) {
    audit_.mutation(call, "Pair", session, id, denied);
    co_return denied;
  }
  request.set_command_id(id);
  Order order;
  order.topic = topics_.pair;
  order.session_id = session;
  order.command_id = id;
  order.chosen = made.chosen;
  order.payload = request.SerializeAsString();
  order.traceparent = call.traceparent;
  const Board::Entry* const before = feed_.board().find(session);
  const Board::Entry* const shown = feed_.board().pairing(session, std::chrono::system_clock::now());
  // A QR that is live already is shown at once; anything else that was said before is not about this call.
  std::uint64_t seen = before == nullptr ? 0 : before->change - (shown == nullptr ? 0 : 1);
  auto submitted = co_await commands_.submit(std::move(order), call.deadline);
  if (auto* failed = std::get_if<Failure>(&submitted)) {
    audit_.mutation(call, "Pair", session, id, *failed);
    co_return std::move(*failed);
  }
  audit_.mutation(call, "Pair", session, id, std::nullopt);
  Commands::Pending& pending = *std::get<Commands::PendingPtr>(submitted);
  pending.also_ring(bell);
  const EventFeed::Watch watch(feed_, session, bell);
  while (!sink.gone()) {
    const Board::Entry* const now = feed_.board().find(session);
    if (now != nullptr && now->change > seen && !pending.outcome()) {
      seen = now->change;
      v1::PairProgress progress = progress_of(now->event, id, std::chrono::system_clock::now());
      const bool taken = co_await sink.write(std::move(progress));
      if (!taken) break;
      continue;
    }
    if (pending.outcome()) {
      const Outcome outcome = *pending.outcome();
      if (auto failed = Commands::failure_of(outcome, id)) co_return failed;
      v1::PairProgress last;
      last.set_command_id(id);
      if (outcome.error.code() != v1::ERROR_CODE_UNSPECIFIED) *last.mutable_reason() = outcome.error;
      auto seen_now = co_await look(session, false);
      if (auto* found = std::get_if<Seen>(&seen_now)) *last.mutable_session() = std::move(found->session);
      last.set_status(last.has_session() ? last.session().status() : v1::LINE_STATUS_CONNECTED);
      co_await sink.write(std::move(last));
      co_return std::nullopt;
    }
    if (call.deadline.passed() || commands_.stopping()) co_return Failure(v1::OUTCOME_PENDING).of(id);
    co_await bell.wait(call.deadline);
  }
  co_return std::nullopt;
}

std::optional<Failure> Control::refuses_watch(const Call& call, const v1::WatchSessionsRequest& request) const {
  if (!request.session_id().empty()) {
    if (auto wrong = invalid(request.session_id())) return wrong;
    if (auto denied = refusal(call.caller, Role::read, request.session_id())) return denied;
  } else if (auto denied = refusal(call.caller, Role::read)) {
    return denied;
  }
  if (!Board::Cursor::parse(request.resume_token())) return Failure(v1::INVALID_REQUEST, "resume_token");
  return feed_.trouble();
}

awaitable<std::optional<Failure>> Control::watch_sessions(Call call, v1::WatchSessionsRequest request,
                                                          Sink<v1::SessionChange>& sink, Bell& bell) {
  if (auto refused = refuses_watch(call, request)) co_return refused;
  auto cursor = Board::Cursor::parse(request.resume_token());
  const auto wanted = [&](const v1::ConnectionEvent& event) {
    const auto& statuses = request.statuses();
    return (request.session_id().empty() || event.session_id() == request.session_id()) &&
           event.session_id().starts_with(request.prefix()) && call.caller.sees(event.session_id()) &&
           (statuses.empty() || std::ranges::find(statuses, event.status()) != statuses.end());
  };
  const EventFeed::Watch watch(feed_, request.session_id(), bell);
  while (!sink.gone() && !call.deadline.passed()) {
    if (commands_.stopping()) {
      Failure stopping(v1::SERVICE_UNAVAILABLE, "stopping");
      stopping.message = "This replica ends. Watch again: another one goes on from the last token.";
      co_return stopping;
    }
    const Board::Entry* const entry = feed_.board().next(*cursor);
    if (entry == nullptr) {
      const bool rang = co_await bell.wait(call.deadline.or_sooner(net::Deadline::after(kQuietAtMost)));
      if (rang) continue;
      const bool there = co_await sink.keep_alive();
      if (!there) break;
      continue;
    }
    if (!wanted(entry->event)) continue;
    v1::SessionChange change;
    *change.mutable_session() = session_of(entry->event);
    change.set_resume_token(cursor->token());
    const bool taken = co_await sink.write(std::move(change));
    if (!taken) break;
  }
  co_return std::nullopt;
}

}  // namespace linekeeper::control
