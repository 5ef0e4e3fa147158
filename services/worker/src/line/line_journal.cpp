#include "line/line_journal.hpp"

#include <iterator>
#include <utility>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::worker {
namespace {

constexpr std::size_t kMostWaiting = 1024;

template <typename T>
void move_to(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  from.clear();
}

}  // namespace

LineJournal::LineJournal(redis::Connection& redis, std::shared_ptr<const auth::KeyRing> ring, std::string session,
                         auth::Acquisition acquired, const LeaseKeeper& leases)
    : store_(redis, std::move(ring), std::move(session), std::move(acquired)), leases_(leases), lock_(kMostWaiting) {}

awaitable<Result<auth::Fields>> LineJournal::fetch(std::vector<std::string> names) {
  if (closed_) co_return Errc::stale_token;
  const Use use(*this);
  auto fields = co_await store_.fetch(std::move(names));
  co_return fields;
}

awaitable<Result<auth::LineStore::Fresh>> LineJournal::commit(auth::Commit commit) {
  const Use use(*this);
  auto guard = co_await lock_.acquire();
  if (!guard || closed_) co_return Errc::stale_token;
  auth::Commit carried = std::exchange(later_, {});
  // A record that this commit replaces must not be overwritten by its older self: the newer comes last.
  move_to(carried.ledger, commit.ledger);
  commit.ledger = std::move(carried.ledger);
  commit.published.insert(commit.published.end(), carried.published.begin(), carried.published.end());
  const auto until = leases_.usable_until(store_.session());
  auto fresh = co_await store_.commit(std::move(commit), until);
  if (!fresh && !closed_) {
    // Nothing of it is certain; what may be late may be later still.
    for (const std::string& id : carried.published)
      later_.published.push_back(id);
  }
  co_return fresh;
}

void LineJournal::later(auth::LedgerRecord record) {
  later_.ledger.push_back(std::move(record));
  if (when_later_) when_later_();
}
void LineJournal::forget_event(std::string id) {
  later_.published.push_back(std::move(id));
  if (when_later_) when_later_();
}

awaitable<Result<void>> LineJournal::flush() {
  if (later_.empty()) co_return ok();
  auth::Commit nothing;
  auto done = co_await commit(std::move(nothing));
  if (!done) co_return done.error();
  co_return ok();
}

awaitable<Result<void>> LineJournal::reseal() {
  const Use use(*this);
  auto guard = co_await lock_.acquire();
  if (!guard || closed_) co_return Errc::stale_token;
  const auto until = leases_.usable_until(store_.session());
  auto done = co_await store_.reseal(until);
  co_return done;
}

awaitable<void> LineJournal::settled() {
  if (running_ == 0) co_return;
  auto idle = std::make_shared<net::OneShot<bool>>();
  idle_ = idle;
  co_await idle->wait();
}

void LineJournal::close() {
  closed_ = true;
  lock_.close();
}

}  // namespace linekeeper::worker
