#pragma once

#include <functional>
#include <string>
#include <vector>

#include "linekeeper/auth/line_store.hpp"
#include "linekeeper/net/async_lock.hpp"
#include "loop/lease_keeper.hpp"

namespace linekeeper::worker {

/// The one writer of a line's state while its lease is held: commits one after the other, in the order of the calls,
/// and carries along what may be written a little later. Threads: the line's.
class LineJournal {
 public:
  /// `leases` outlives it.
  LineJournal(redis::Connection& redis, std::shared_ptr<const auth::KeyRing> ring, std::string session,
              auth::Acquisition acquired, const LeaseKeeper& leases);

  auth::LineStore& store() noexcept { return store_; }
  auth::FencingToken token() const noexcept { return store_.token(); }

  /// Errors as `LineStore::fetch`.
  awaitable<Result<auth::Fields>> fetch(std::vector<std::string> names);

  /// Durable when it returns. Errors as `LineStore::commit`; `stale_token` also after `close`.
  awaitable<Result<auth::LineStore::Fresh>> commit(auth::Commit commit);

  /// Goes with the next commit, or with `flush`: losing it costs a repetition, nothing else.
  void later(auth::LedgerRecord record);
  void forget_event(std::string id);
  bool has_later() const noexcept { return !later_.empty(); }
  awaitable<Result<void>> flush();

  /// Nothing is written any more: the lease is gone.
  void close();

 private:
  auth::LineStore store_;
  const LeaseKeeper& leases_;
  net::AsyncLock lock_;
  auth::Commit later_;
  bool closed_ = false;
};

}  // namespace linekeeper::worker
