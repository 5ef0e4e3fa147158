#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "linekeeper/auth/lease_store.hpp"
#include "linekeeper/auth/lease_table.hpp"
#include "linekeeper/net/task_group.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "linekeeper/telemetry/metrics.hpp"

namespace linekeeper::worker {

/// Who holds a line under a lease.
class LeaseHolder {
 public:
  virtual ~LeaseHolder() = default;
  /// The lease can no longer be renewed in time. The socket must be closed when this returns.
  virtual void lease_lost() = 0;
  /// Another worker asks for it.
  virtual void lease_wanted(const auth::Wanted& by) = 0;
};

/// All leases of one loop: renews them bucket by bucket and gives up in time those that cannot be renewed. One timer
/// however many lines. Threads: the loop's.
class LeaseKeeper {
 public:
  /// `holder` names this process and no other.
  LeaseKeeper(boost::asio::any_io_executor executor, redis::Connection& redis, std::string holder,
              auth::LeaseTable::Settings settings, telemetry::Log& log, telemetry::Metrics& metrics);

  void start();
  /// Ends renewing. Leases still held run out by themselves.
  awaitable<void> stop();

  /// Asks once; `holder` is told from here on, until `release`. `since_us`: Redis time of the assignment that makes the
  /// line ours. Errors: `lease_busy` (wait for it with a LeaseSeeker), `store_unavailable` and alike.
  awaitable<Result<auth::Acquisition>> acquire(std::string session, std::uint64_t since_us, LeaseHolder& holder);
  /// Frees it if it is still ours. Nobody is told of this lease any more as soon as the call is made.
  awaitable<void> release(std::string session, auth::FencingToken token);

  /// All sessions that the store knows in this bucket. Errors: those of the connection.
  awaitable<Result<std::vector<std::string>>> sessions(std::uint8_t bucket) { return store_.sessions(bucket); }

  /// The store's clock in µs. Errors: those of the connection.
  awaitable<Result<std::uint64_t>> store_time_us() { return store_.time_us(); }

  /// Called when the store says that leases we count as ours are not: perhaps it was emptied.
  void on_denied(std::function<void()> call) { denied_ = std::move(call); }

  /// How long writes under this lease may take; already over if it is not held.
  net::Deadline usable_until(std::string_view session) const;
  std::size_t held() const noexcept { return table_.size(); }

 private:
  awaitable<void> run();
  awaitable<void> renew(auth::LeaseTable::Renewal renewal);
  void give_up_overdue(std::chrono::steady_clock::time_point now);
  void lose(const std::vector<auth::LeaseTable::Held>& lost);
  void wake();

  boost::asio::any_io_executor executor_;
  std::string holder_;
  auth::LeaseTable::Settings settings_;
  auth::LeaseTable table_;
  auth::LeaseStore store_;
  telemetry::Log& log_;
  telemetry::Counter lost_;
  telemetry::Counter overrun_;
  std::function<void()> denied_;
  std::map<std::string, LeaseHolder*, std::less<>> holders_;
  boost::asio::steady_timer timer_;
  net::TaskGroup tasks_;
  bool stopping_ = false;
};

}  // namespace linekeeper::worker
