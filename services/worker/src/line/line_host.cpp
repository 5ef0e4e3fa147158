// What the client asks of its host, and what it reports: the half of LineRunner that faces the wire.

#include "clock.hpp"
#include "line/line_runner.hpp"
#include "line/send_request.hpp"
#include "linekeeper/base/errc.hpp"

namespace linekeeper::worker {

awaitable<Result<transport::Fetched>> LineRunner::fetch(std::vector<std::string> fields) {
  if (!held_) co_return Errc::stale_token;
  auto found = co_await held_->journal.fetch(std::move(fields));
  co_return found;
}

awaitable<Result<void>> LineRunner::commit(transport::Changes changes) {
  if (!held_) co_return Errc::stale_token;
  auth::Commit commit;
  commit.fields = fields_of(std::move(changes));
  auto done = co_await held_->journal.commit(std::move(commit));
  if (!done) co_return done.error();
  co_return ok();
}

awaitable<Result<bool>> LineRunner::commit_inbound(transport::Inbound event, transport::Changes changes) {
  if (!held_ || !held_->inbox) co_return failure<bool>(Errc::stale_token);
  auto taken = co_await held_->inbox->take(std::move(event), std::move(changes));
  co_return taken;
}

awaitable<Result<bool>> LineRunner::knows_inbound(transport::InboundMessage message) {
  if (!held_ || !held_->inbox) co_return failure<bool>(Errc::stale_token);
  auto known = co_await held_->inbox->knows(std::move(message));
  co_return known;
}

void LineRunner::phone_not_multidevice() {
  if (!held_) return;
  Event event = held_->events.status(*held_->lifecycle, wall_now());
  *std::get<v1::ConnectionEvent>(event.body).mutable_reason() = error_of(v1::PHONE_NOT_MULTIDEVICE);
  announce({}, std::move(event));
}

void LineRunner::learn(const transport::Account& account) {
  held_->events.know(account.pn.user, account.lid.user);
}

void LineRunner::paired(const transport::Account& account) {
  if (!held_) return;
  learn(account);
  apply(held_->lifecycle->on_paired(wall_now()));
  tasks_.spawn(tell_loser());
}

void LineRunner::logged_in(const transport::Account& account) {
  if (!held_) return;
  learn(account);
  held_->record.rolled_back = false;  // Dealt with before the login; stored with the status.
  context_.metrics.lines_connected.add(1);
  context_.logins.came_online();
  tasks_.spawn(tell_loser());  // Whoever paired may have died before it told.
  apply(held_->lifecycle->on_logged_in(wall_now()));
}

void LineRunner::syncing(transport::SyncProgress progress) {
  if (!held_) return;
  Event event = held_->events.status(*held_->lifecycle, wall_now());
  auto& body = *std::get<v1::ConnectionEvent>(event.body).mutable_progress();
  body.set_done(progress.done);
  body.set_total(progress.total);
  announce({}, std::move(event));
}

void LineRunner::connected() {
  if (!held_) return;
  apply(held_->lifecycle->on_synced(wall_now()));
}

}  // namespace linekeeper::worker
