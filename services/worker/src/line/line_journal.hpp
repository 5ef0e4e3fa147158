#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "linekeeper/auth/line_store.hpp"
#include "linekeeper/net/async_lock.hpp"
#include "linekeeper/net/one_shot.hpp"
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
  /// Called each time something is put off: whoever is told flushes before long.
  void when_later(std::function<void()> call) { when_later_ = std::move(call); }
  awaitable<Result<void>> flush();

  /// Everything under the ring's first key.
  awaitable<Result<void>> reseal();

  /// Nothing is written any more: the lease is gone.
  void close();
  /// Returns when no call is under way. After `close`.
  awaitable<void> settled();

 private:
  /// A call under way.
  class Use {
   public:
    explicit Use(LineJournal& journal) noexcept : journal_(journal) { ++journal_.running_; }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() {
      if (--journal_.running_ == 0 && journal_.idle_) journal_.idle_->set(true);
    }

   private:
    LineJournal& journal_;
  };

  auth::LineStore store_;
  const LeaseKeeper& leases_;
  net::AsyncLock lock_;
  auth::Commit later_;
  std::function<void()> when_later_;
  bool closed_ = false;
  unsigned running_ = 0;
  std::shared_ptr<net::OneShot<bool>> idle_;
};

}  // namespace linekeeper::worker
