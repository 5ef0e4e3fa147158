// What commands do to a line: the half of LineRunner that faces operators.

#include "clock.hpp"
#include "line/line_runner.hpp"
#include "linekeeper/base/errc.hpp"

namespace linekeeper::worker {

auth::Barriers LineRunner::barriers() const {
  return held_->record.barriers();
}

void LineRunner::connect() {
  apply(held_->lifecycle->on_connect(wall_now()));
}

void LineRunner::disconnect() {
  apply(held_->lifecycle->on_disconnect(wall_now()));
}

awaitable<bool> LineRunner::logout() {
  bool confirmed = false;
  if (line_ && line_->connected()) confirmed = co_await line_->logout();
  if (!held_ || held_->lost) co_return confirmed;
  if (held_->lifecycle->registered()) {
    held_->record.number_tag.clear();
    held_->record.credentials_at_ms = 0;
    auth::Commit wipe;
    wipe.wipe = auth::Commit::Wipe::archive;
    const auto wiped = co_await held_->journal.commit(std::move(wipe));
    if (!wiped || !held_) co_return confirmed;
    apply(held_->lifecycle->on_logged_out_by_us(wall_now()));
  }
  co_return confirmed;
}

awaitable<Result<void>> LineRunner::reset(const v1::ResetCommand& command, auth::UnixMs at, auth::LedgerRecord record) {
  ++epoch_;
  if (line_) line_->close_now();
  {
    // Nothing of the old life may write after the wipe.
    auto ended = co_await run_lock_.acquire();
    if (!held_ || held_->lost) co_return Errc::stale_token;
    LineRecord wiped = held_->record;
    wiped.reset_at_ms = at;
    wiped.credentials_at_ms = 0;
    wiped.number_tag.clear();
    auth::Commit commit;
    commit.wipe = auth::Commit::Wipe::forget;
    commit.ledger.push_back(std::move(record));
    commit.status = write_status(*held_->lifecycle, wiped);
    const auto done = co_await held_->journal.commit(std::move(commit));
    if (!done) co_return done.error();
    if (!held_) co_return Errc::stale_token;
    held_->record = std::move(wiped);
  }
  held_->events.know({}, {});
  context_.log.info("line reset", {{"session", session_}, {"actor", command.actor()}, {"reason", command.reason()}});
  apply(held_->lifecycle->on_reset(wall_now()));
  co_return ok();
}

awaitable<Result<std::vector<transport::NumberStatus>>> LineRunner::check_numbers(std::vector<std::string> numbers) {
  if (!line_ || !line_->connected()) co_return Errc::connection_lost;
  auto found = co_await line_->check_numbers(std::move(numbers));
  co_return found;
}

}  // namespace linekeeper::worker
