#include "line/line_journal.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iterator>
#include <utility>

#include "clock.hpp"
#include "linekeeper/auth/command_ledger.hpp"
#include "linekeeper/base/backoff.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/random.hpp"

namespace linekeeper::worker {
namespace {

constexpr std::size_t kMostWaiting = 1024;
/// How often a full store is asked again.
constexpr std::chrono::milliseconds kFullFirst{100};
constexpr std::chrono::milliseconds kFullMost{2000};

template <typename T>
void move_to(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  from.clear();
}

}  // namespace

LineJournal::LineJournal(redis::Connection& redis, std::shared_ptr<const auth::KeyRing> ring, std::string session,
                         auth::Acquisition acquired, const LeaseKeeper& leases)
    : store_(redis, std::move(ring), std::move(session), std::move(acquired)),
      leases_(leases),
      lock_(kMostWaiting),
      executor_(redis.executor()) {}

awaitable<Result<auth::Fields>> LineJournal::fetch(std::vector<std::string> names) {
  if (closed_) co_return Errc::stale_token;
  const Use use(*this);
  auto fields = co_await store_.fetch(std::move(names));
  if (!fields && (fields.error() == Errc::state_rolled_back || fields.error() == Errc::stale_version)) {
    failed(fields.error());
  }
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
  move_to(commit.cut, carried.cut);
  commit.published.insert(commit.published.end(), carried.published.begin(), carried.published.end());
  if (!commit.status) commit.status = std::move(carried.status);
  auto what = std::make_shared<const auth::Commit>(std::move(commit));
  auto fresh = co_await write(std::move(what));
  if (!fresh && !closed_) {
    // Nothing of it is certain; what may be late may be later still.
    for (const std::string& id : carried.published)
      later_.published.push_back(id);
    failed(fresh.error());
  }
  co_return fresh;
}

awaitable<Result<auth::LineStore::Fresh>> LineJournal::write(std::shared_ptr<const auth::Commit> commit) {
  Result<auth::LineStore::Fresh> fresh = make_error_code(Errc::stale_token);
  bool full = false;
  for (Backoff backoff(kFullFirst, kFullMost); !closed_;) {
    const auto until = leases_.usable_until(store_.session());
    fresh = co_await store_.commit(commit, until);
    if (fresh || fresh.error() != Errc::store_full || closed_ || !patient_) break;
    full = true;
    if (when_full_) when_full_(FullStore::waiting);
    pause_ = std::make_unique<asio::steady_timer>(executor_, kFullFirst + backoff.next(crypto::random_u64()));
    boost::system::error_code ignored;
    co_await pause_->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (closed_ || !patient_) break;
    if (when_full_) when_full_(FullStore::trying);
  }
  if (full && when_full_) when_full_(FullStore::over);
  co_return fresh;
}

void LineJournal::failed(error_code why) {
  // Without the lease nothing of ours is wrong: it is another's line.
  if (!closed_ && patient_ && why != Errc::stale_token && when_broken_) when_broken_(why);
}

void LineJournal::later(auth::LedgerRecord record) {
  if (record.published && record.origin.timestamp_ms < purge_before_) {
    later_.cut.push_back(auth::cut_down(record, unix_ms()));
  } else {
    later_.ledger.push_back(std::move(record));
  }
  if (when_later_) when_later_();
}
void LineJournal::forget_event(std::string id) {
  later_.published.push_back(std::move(id));
  if (when_later_) when_later_();
}

void LineJournal::later_status(Bytes status) {
  later_.status = std::move(status);
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

void LineJournal::stop_waiting() {
  patient_ = false;
  if (pause_) pause_->cancel();
}

void LineJournal::close() {
  closed_ = true;
  if (pause_) pause_->cancel();
  lock_.close();
}

}  // namespace linekeeper::worker
