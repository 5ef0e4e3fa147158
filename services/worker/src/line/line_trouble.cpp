// What a line does when its server or its store refuses it.

#include "clock.hpp"
#include "line/line_runner.hpp"

namespace linekeeper::worker {

void LineRunner::look_back() {
  const auth::LineHead& head = held_->journal.store().head();
  auth::StateVersionGuard& guard = context_.guards[session_];
  const std::uint64_t seen = guard.seen();
  const auto verdict = guard.on_read(head.version, head.run_id, context_.store.run_id(), context_.store.persistence());
  if (verdict == auth::StateVersionGuard::Verdict::fine) return;
  context_.metrics.rolled_back.add();
  context_.log.error("Redis holds an older state of a line than before, or may; its sessions are renewed",
                     {{"session", session_},
                      {"code", "STATE_ROLLED_BACK"},
                      {"version", head.version},
                      {"seen", seen},
                      {"persistence", redis::name_of(context_.store.persistence())}});
  held_->record.rolled_back = true;
}

void LineRunner::tell_rolled_back() {
  // In the store first: whoever logs in with this state has to know, whatever becomes of us.
  auth::Commit commit;
  commit.status = write_status(*held_->lifecycle, held_->record);
  Event event = status_event();
  *std::get<v1::ConnectionEvent>(event.body).mutable_reason() = error_of(v1::STATE_ROLLED_BACK);
  announce(std::move(commit), std::move(event));
}

void LineRunner::sends_paused(const SendPauses& pauses) {
  if (!held_ || !held_->lifecycle || held_->lost) return;
  held_->record.pauses = pauses;
  held_->events.know(pauses);
  auth::Commit commit;
  commit.status = write_status(*held_->lifecycle, held_->record);
  announce(std::move(commit), status_event());
}

void LineRunner::store_full(FullStore turn) {
  // While nothing is under way whose outcome is unknown, the line may live: pings and acks go out.
  if (line_) line_->let_pass(turn == FullStore::waiting);
  if (turn == FullStore::trying) return;
  const bool waits = turn == FullStore::waiting;
  if (std::exchange(full_, waits) == waits) return;
  context_.store.wait_for_room(waits);
  context_.metrics.lines_without_room.add(waits ? 1 : -1);
  if (!held_ || !held_->lifecycle || held_->lost) return;
  if (waits) {
    context_.log.warn("Redis is out of memory: the line stays up and its writes wait. Raise maxmemory",
                      {{"session", session_}, {"code", "STORE_FULL"}});
  } else {
    context_.log.info("Redis has room again", {{"session", session_}});
  }
  // Not behind the statuses that wait for the store themselves.
  Event event = status_event();
  if (waits) *std::get<v1::ConnectionEvent>(event.body).mutable_reason() = error_of(v1::STORE_FULL);
  held_->events.stamp(event);
  context_.events.post(event);
}

void LineRunner::store_broken(error_code why) {
  if (!held_ || held_->lost || held_->ending) return;
  held_->broken = true;
  context_.log.error("a write of a line failed; the line is loaded anew",
                     {{"session", session_}, {"token", held_->journal.token()}, {"error", why.message()}});
  if (line_) line_->close_now();
  end_holding();
}

}  // namespace linekeeper::worker
