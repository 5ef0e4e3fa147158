#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "linekeeper/auth/line_store.hpp"
#include "linekeeper/net/async_lock.hpp"
#include "linekeeper/net/one_shot.hpp"
#include "loop/lease_keeper.hpp"

namespace linekeeper::worker {

/// A commit that a full store refuses.
enum class FullStore {
  waiting,  ///< Nothing was written and nothing is under way: a pause before the next attempt.
  trying,   ///< The next attempt is under way.
  over,     ///< It was written, or given up with the lease.
};

/// The one writer of a line's state while its lease is held: commits one after the other, in the order of the calls,
/// and carries along what may be written a little later. What a full store refuses is tried again while the lease
/// lives. Threads: the line's.
class LineJournal {
 public:
  /// `leases` outlives it.
  LineJournal(redis::Connection& redis, std::shared_ptr<const auth::KeyRing> ring, std::string session,
              auth::Acquisition acquired, const LeaseKeeper& leases);

  auth::LineStore& store() noexcept { return store_; }
  auth::FencingToken token() const noexcept { return store_.token(); }

  /// Errors as `LineStore::fetch`.
  awaitable<Result<auth::Fields>> fetch(std::vector<std::string> names);

  /// Durable when it returns. Errors as `LineStore::commit`, `store_full` only after `stop_waiting`; `stale_token` also
  /// after `close`.
  awaitable<Result<auth::LineStore::Fresh>> commit(auth::Commit commit);

  /// Goes with the next commit, or with `flush`: losing it costs a repetition, nothing else.
  void later(auth::LedgerRecord record);
  void forget_event(std::string id);
  /// A status on the way to another: that one replaces it if it comes soon.
  void later_status(Bytes status);
  /// Called each time something is put off: whoever is told flushes before long.
  void when_later(std::function<void()> call) { when_later_ = std::move(call); }
  awaitable<Result<void>> flush();

  /// Told of every turn of a commit that a full store refuses.
  void when_full(std::function<void(FullStore)> call) { when_full_ = std::move(call); }
  /// Told when a read or a commit failed under a living lease: what is stored is not what we think, or cannot be
  /// reached. The line must be loaded anew.
  void when_broken(std::function<void(error_code)> call) { when_broken_ = std::move(call); }

  /// From now on records of commands older than this (unix ms, by their origin) are cut down once they are published.
  void purge_before(auth::UnixMs at) noexcept { purge_before_ = at; }

  /// Everything under the ring's first key.
  awaitable<Result<void>> reseal();

  /// The line is being put down: what a full store refuses is not tried again.
  void stop_waiting();
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

  awaitable<Result<auth::LineStore::Fresh>> write(std::shared_ptr<const auth::Commit> commit);
  void failed(error_code why);

  auth::LineStore store_;
  const LeaseKeeper& leases_;
  net::AsyncLock lock_;
  auth::Commit later_;
  std::function<void()> when_later_;
  std::function<void(FullStore)> when_full_;
  std::function<void(error_code)> when_broken_;
  std::unique_ptr<boost::asio::steady_timer> pause_;  ///< Until a full store is asked again.
  boost::asio::any_io_executor executor_;
  auth::UnixMs purge_before_ = 0;
  bool closed_ = false;
  bool patient_ = true;
  unsigned running_ = 0;
  std::shared_ptr<net::OneShot<bool>> idle_;
};

}  // namespace linekeeper::worker
