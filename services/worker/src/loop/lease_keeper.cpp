#include "loop/lease_keeper.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "clock.hpp"
#include "linekeeper/base/errc.hpp"

namespace linekeeper::worker {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

LeaseKeeper::LeaseKeeper(boost::asio::any_io_executor executor, redis::Connection& redis, std::string holder,
                         auth::LeaseTable::Settings settings, telemetry::Log& log, telemetry::Metrics& metrics)
    : executor_(executor),
      holder_(std::move(holder)),
      settings_(settings),
      table_(settings),
      store_(redis, holder_, settings.ttl),
      log_(log),
      lost_(metrics.counter("linekeeper_leases_lost_total", "Leases that could not be renewed in time.")),
      overrun_(metrics.counter("linekeeper_leases_overrun_total",
                               "Lines closed only after their lease may have been another's: the process was frozen.")),
      timer_(executor),
      tasks_(executor, rethrow) {}

void LeaseKeeper::start() {
  tasks_.spawn(run());
}

awaitable<void> LeaseKeeper::stop() {
  stopping_ = true;
  wake();
  co_await tasks_.join();
}

void LeaseKeeper::wake() {
  timer_.cancel();
}

awaitable<void> LeaseKeeper::run() {
  while (!stopping_) {
    const auto now = Clock::now();
    // Giving up comes first: the socket must be closed before anything else is tried.
    give_up_overdue(now);
    for (auth::LeaseTable::Renewal& renewal : table_.due(now))
      tasks_.spawn(renew(std::move(renewal)));
    timer_.expires_at(table_.next().value_or(Clock::time_point::max()));
    boost::system::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

/// A loop that wakes later than the margin was not slow but frozen, with all the process or by one call: then another
/// may have had the line while our socket stood. That is outside of what can be promised, so it is counted and named.
void LeaseKeeper::give_up_overdue(Clock::time_point now) {
  const auto due = timer_.expiry();
  const auto over = table_.give_up(now);
  lose(over);
  if (over.empty() || due == Clock::time_point() || now - due < settings_.margin) return;
  overrun_.add(static_cast<double>(over.size()));
  log_.error("this process was frozen for longer than the leases of its lines: others may have connected them",
             {{"lines", over.size()},
              {"frozen_ms", std::chrono::duration_cast<std::chrono::milliseconds>(now - due).count()}});
}

awaitable<void> LeaseKeeper::renew(auth::LeaseTable::Renewal renewal) {
  const auto limit = net::Deadline::at(renewal.sent_at + settings_.renew_every());
  const auto results = co_await store_.renew(renewal, limit);
  const auto now = Clock::now();
  if (!results) {
    table_.on_failure(renewal, now);
    log_.warn("leases could not be renewed", {{"error", results.error().message()}, {"bucket", renewal.bucket}});
  } else {
    const auth::LeaseTable::Outcome outcome = table_.on_answer(renewal, *results, now);
    lose(outcome.lost);
    if (!outcome.lost.empty() && denied_) denied_();
    for (const auto& [held, wanted] : outcome.wanted) {
      const auto holder = holders_.find(held.session);
      if (holder != holders_.end() && wanted.name != holder_) holder->second->lease_wanted(wanted);
    }
  }
  wake();
}

void LeaseKeeper::lose(const std::vector<auth::LeaseTable::Held>& lost) {
  for (const auth::LeaseTable::Held& held : lost) {
    const auto found = holders_.find(held.session);
    if (found == holders_.end()) continue;
    LeaseHolder* const holder = found->second;
    holders_.erase(found);
    holder->lease_lost();
    lost_.add();
    log_.warn("lease lost", {{"session", held.session}, {"token", held.token}});
  }
}

awaitable<Result<auth::Acquisition>> LeaseKeeper::acquire(std::string session, std::uint64_t since_us,
                                                          LeaseHolder& holder) {
  const auto sent_at = Clock::now();
  auto acquired = co_await store_.acquire(session, since_us);
  if (!acquired) co_return acquired.error();
  if (!table_.add(session, acquired->token, sent_at, Clock::now())) {
    (void)co_await store_.release(session, acquired->token);
    co_return Errc::store_unavailable;
  }
  holders_.insert_or_assign(session, &holder);
  wake();
  co_return std::move(*acquired);
}

awaitable<void> LeaseKeeper::release(std::string session, auth::FencingToken token) {
  holders_.erase(session);
  if (table_.token(session) == token) table_.remove(session);
  (void)co_await store_.release(session, token);
}

net::Deadline LeaseKeeper::usable_until(std::string_view session) const {
  const auto until = table_.valid_until(session);
  return net::Deadline::at(until.value_or(Clock::time_point::min()));
}

}  // namespace linekeeper::worker
