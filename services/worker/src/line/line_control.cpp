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
    std::string freed = std::exchange(held_->record.number_tag, {});
    held_->record.credentials_at_ms = 0;
    auth::Commit wipe;
    wipe.wipe = auth::Commit::Wipe::archive;
    const auto wiped = co_await held_->journal.commit(std::move(wipe));
    if (!wiped || !held_) co_return confirmed;
    co_await free_number(std::move(freed));
    if (!held_) co_return confirmed;
    apply(held_->lifecycle->on_logged_out_by_us(wall_now()));
  }
  co_return confirmed;
}

awaitable<Result<std::vector<transport::NumberStatus>>> LineRunner::check_numbers(std::vector<std::string> numbers) {
  if (!line_ || !line_->connected()) co_return Errc::connection_lost;
  auto found = co_await line_->check_numbers(std::move(numbers));
  co_return found;
}

}  // namespace linekeeper::worker
