#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "linekeeper/auth/lease_search.hpp"
#include "linekeeper/auth/lease_table.hpp"
#include "linekeeper/auth/line_head.hpp"
#include "linekeeper/redis/connection.hpp"

namespace linekeeper::auth {

/// A lease just gained, and what stands at the head of the line.
struct Acquisition {
  FencingToken token = 0;
  LineHead head;
};

/// Leases in Redis. Everything here works in a full Redis too. Threads: the connection's. The connection outlives it.
class LeaseStore {
 public:
  /// `holder` names this process and no other (worker id and something random): in leases and in marks. `ttl` as in the
  /// table.
  LeaseStore(redis::Connection& connection, std::string holder, std::chrono::milliseconds ttl);

  /// Asks once. A lease that still carries our `holder` (its grant's answer was lost) is granted anew with a new token.
  /// Refused while the mark of a later assignment than `since_us` stands. A grant takes the mark away.
  /// Sent on the present connection or not at all: a request that outlives it would reach a server that was restarted
  /// and may hand out leases still in use. Errors: `lease_busy`; those of `Connection`.
  awaitable<Result<Acquisition>> acquire(std::string session, std::uint64_t since_us);

  /// One script for all leases of one bucket. Results in the order of `renewal.leases`.
  /// Errors: those of `Connection`, and `malformed_value`.
  awaitable<Result<std::vector<RenewalResult>>> renew(LeaseTable::Renewal renewal, net::Deadline deadline);

  /// Frees the lease if it still carries `token`. The mark of whoever waits for it, if there is one; it stays set.
  awaitable<Result<std::optional<Wanted>>> release(std::string session, FencingToken token);

  /// One script for all leases of one bucket that are sought. Where asked to, leaves our mark for one ttl, renewed in
  /// good time; a later assignment's mark wins. In the order of `look.lines`: whether it is free for us.
  /// Errors: those of `Connection`, and `malformed_value`.
  awaitable<Result<std::vector<bool>>> seek(LeaseSearch::Look look);

  /// The server's clock in µs, for `Wanted::since_us`.
  awaitable<Result<std::uint64_t>> time_us();

  /// Says for one ttl that we go by this worker id. The holder that stands: ours, or that of another process.
  awaitable<Result<std::string>> present(std::string worker_id);

  /// All sessions known in this bucket.
  awaitable<Result<std::vector<std::string>>> sessions(std::uint8_t bucket);

 private:
  redis::Connection& connection_;
  std::string holder_;
  std::chrono::milliseconds ttl_;
};

}  // namespace linekeeper::auth
