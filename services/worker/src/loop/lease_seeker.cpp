#include "loop/lease_seeker.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "clock.hpp"

namespace linekeeper::worker {
namespace {

using Clock = std::chrono::steady_clock;

/// Places that become free within this time are given away together.
constexpr std::chrono::milliseconds kTurn{100};

}  // namespace

LeaseSeeker::LeaseSeeker(boost::asio::any_io_executor executor, redis::Connection& redis, std::string holder,
                         std::chrono::milliseconds ttl, ConnectPace& pace, telemetry::Metrics& metrics)
    : executor_(executor),
      search_(auth::LeaseSearch::Settings{}),
      store_(redis, std::move(holder), ttl),
      pace_(pace),
      waiting_(metrics.gauge("linekeeper_leases_awaited", "Lines of our shards that another worker still holds.")),
      timer_(executor),
      tasks_(executor, rethrow) {}

void LeaseSeeker::start() {
  tasks_.spawn(run());
}

awaitable<void> LeaseSeeker::stop() {
  stopping_ = true;
  timer_.cancel();
  co_await tasks_.join();
}

awaitable<bool> LeaseSeeker::until_free(std::string session, std::uint64_t since_us) {
  auto shot = std::make_shared<net::OneShot<bool>>();
  shots_.insert_or_assign(session, shot);
  search_.add(std::move(session), since_us, Clock::now());
  waiting_.add(1);
  timer_.cancel();
  const bool asked = co_await shot->wait();
  waiting_.add(-1);
  co_return asked;
}

void LeaseSeeker::assigned_anew(const std::string& session, std::uint64_t since_us) {
  if (shots_.contains(session)) search_.add(session, since_us, Clock::now());
}

void LeaseSeeker::give_up(std::string_view session) {
  search_.remove(session);
  found(std::string(session), false);
}

void LeaseSeeker::found(const std::string& session, bool asked) {
  const auto shot = shots_.find(session);
  if (shot == shots_.end()) return;
  shot->second->set(asked);
  shots_.erase(shot);
}

awaitable<void> LeaseSeeker::run() {
  while (!stopping_) {
    const auto now = Clock::now();
    // Asking for a line takes it down before long: only as many as can be connected as soon as they are let go.
    while (search_.unasked() > 0 && pace_.reserve_before(now + kTurn, now))
      search_.ask_next(now);
    for (auth::LeaseSearch::Look& look : search_.due(now))
      tasks_.spawn(this->look(std::move(look)));
    Time next = search_.next().value_or(Time::max());
    if (search_.unasked() > 0) next = std::min(next, now + kTurn);
    timer_.expires_at(next);
    boost::system::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

awaitable<void> LeaseSeeker::look(auth::LeaseSearch::Look look) {
  auto sought = look;
  const auto free = co_await store_.seek(std::move(sought));
  const auto now = Clock::now();
  if (!free) {
    search_.on_failure(look, now);
  } else {
    for (const auth::LeaseSearch::Free& line : search_.on_answer(look, *free, now))
      found(line.session, line.asked);
  }
  timer_.cancel();
}

}  // namespace linekeeper::worker
