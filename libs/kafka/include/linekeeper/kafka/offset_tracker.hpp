#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace linekeeper::kafka {

/// Which offset of one partition may be committed while its records finish in any order. Plain state.
///
/// The position is the offset of the first record that has not finished, or the one after the last read. Offsets may
/// have gaps (compaction, transactions).
class OffsetTracker {
 public:
  /// A record was handed over. Precondition: above every offset before.
  void read(std::int64_t offset);

  /// That record needs nothing more. False if it is not in flight (unknown, or finished before).
  bool finish(std::int64_t offset);

  /// The reader stands at the partition's end: the next record will have at least this offset. Gives a partition
  /// without records a position to commit, so that "never committed" and "expired" can be told apart.
  void reach_end(std::int64_t offset);

  /// What a reader that starts now would have to read from; nothing before the first record or end.
  std::optional<std::int64_t> position() const noexcept;

  /// The position, if it is another than was given to `committed` last.
  std::optional<std::int64_t> to_commit() const noexcept;
  void committed(std::int64_t position) noexcept { committed_ = position; }
  /// From now on the present position counts as not committed: it has to be written again before it expires.
  void commit_again() noexcept { committed_.reset(); }

  std::size_t in_flight() const noexcept { return in_flight_; }

 private:
  struct Entry {
    std::int64_t offset;
    bool finished;
  };
  std::deque<Entry> entries_;  ///< From the first unfinished record on.
  std::optional<std::int64_t> next_;
  std::optional<std::int64_t> committed_;
  std::size_t in_flight_ = 0;
};

}  // namespace linekeeper::kafka
