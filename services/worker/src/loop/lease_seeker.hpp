#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <string>

#include "linekeeper/auth/lease_search.hpp"
#include "linekeeper/auth/lease_store.hpp"
#include "linekeeper/net/one_shot.hpp"
#include "linekeeper/net/task_group.hpp"
#include "linekeeper/telemetry/metrics.hpp"
#include "loop/connect_pace.hpp"

namespace linekeeper::worker {

/// Waits for leases that others hold, for all lines of one loop: looks at them bucket by bucket, and asks the holders
/// for as many as may be connected. Threads: the loop's.
class LeaseSeeker {
 public:
  /// `holder` and `ttl` as the loop's LeaseKeeper has them.
  LeaseSeeker(boost::asio::any_io_executor executor, redis::Connection& redis, std::string holder,
              std::chrono::milliseconds ttl, ConnectPace& pace, telemetry::Metrics& metrics);

  void start();
  /// Nobody may wait any more.
  awaitable<void> stop();

  /// Until the lease, which was just seen to be another's, may be acquired, or `give_up`. True: its holder was asked,
  /// and the place of the line's next connect is taken. One caller for each session at a time.
  awaitable<bool> until_free(std::string session, std::uint64_t since_us);
  /// Another assignment's time from now on, if it is waited for.
  void assigned_anew(const std::string& session, std::uint64_t since_us);
  void give_up(std::string_view session);

 private:
  using Time = std::chrono::steady_clock::time_point;

  awaitable<void> run();
  awaitable<void> look(auth::LeaseSearch::Look look);
  void found(const std::string& session, bool asked);

  boost::asio::any_io_executor executor_;
  auth::LeaseSearch search_;
  auth::LeaseStore store_;
  ConnectPace& pace_;
  telemetry::Gauge waiting_;
  std::map<std::string, std::shared_ptr<net::OneShot<bool>>, std::less<>> shots_;
  boost::asio::steady_timer timer_;
  net::TaskGroup tasks_;
  bool stopping_ = false;
};

}  // namespace linekeeper::worker
