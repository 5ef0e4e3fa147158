#pragma once

#include <cstddef>

#include "clock.hpp"
#include "linekeeper/session/events.hpp"

namespace linekeeper::transport {

/// Where the offline queue stands. Ends with the server's word, or when it has been silent for too long.
/// Batches are asked for at the preview and after each full batch: some servers wait for that, others never do.
class OfflineProgress {
 public:
  static constexpr unsigned kBatch = 100;

  explicit OfflineProgress(Clock::duration silence) noexcept : silence_(silence) {}

  /// The login is active: the server may begin.
  void start(Time now) noexcept;
  /// The server announced this many. True: ask for a batch.
  bool preview(unsigned total, Time now) noexcept;
  /// A queued stanza was handled to its end. True: ask for the next batch.
  bool handled(Time now) noexcept;
  /// The server says the queue is empty. True: that ended it just now.
  bool finished() noexcept;
  /// Call at or after `due()`. True: too long without a stanza, it ended just now.
  bool at(Time now) noexcept;

  bool running() const noexcept { return running_; }
  bool over() const noexcept { return over_; }
  Time due() const noexcept { return running_ ? until_ : kNever; }
  SyncProgress progress() const noexcept { return {done_, total_}; }

 private:
  Clock::duration silence_;
  Time until_{};
  unsigned done_ = 0;
  unsigned total_ = 0;
  bool running_ = false;
  bool over_ = false;
};

}  // namespace linekeeper::transport
