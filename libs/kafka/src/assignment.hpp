#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "linekeeper/kafka/offset_tracker.hpp"
#include "linekeeper/kafka/record.hpp"
#include "shard_map.hpp"

namespace linekeeper::kafka {

/// A partition and the offset to commit for it.
struct Position {
  TopicPartition partition;
  std::int64_t offset = 0;
};

/// The partitions that are ours, with what is in flight of each. Tickets come back from any thread; the rest is called
/// by the consumer's thread.
class Assignment {
 public:
  /// Takes those of `partitions` that are not ours yet, and says which.
  std::vector<TopicPartition> add(std::int32_t shard, const std::vector<TopicPartition>& partitions);
  /// Gives the shard up, and says which partitions it had.
  std::vector<TopicPartition> remove(std::int32_t shard);

  std::vector<std::int32_t> shards() const;
  std::vector<TopicPartition> partitions() const;

  /// A ticket for this record; nothing if the partition is not ours or the record was handed over before.
  std::optional<Ticket> read(TopicPartition partition, std::int64_t offset, std::size_t size);
  void finish(const Ticket& ticket);
  /// The reader stands at the end of the partition.
  void reach_end(TopicPartition partition, std::int64_t offset);

  /// `known_end` is where the partition ended when this was asked, below 0 if not known. The shard, once everything
  /// that was present at assignment has been read: each partition answers once.
  std::optional<std::int32_t> caught_up(TopicPartition partition, std::int64_t known_end, bool at_end);

  /// Positions of `shard`, or of all, that are not stored for the next commit; they count as stored from now on.
  std::vector<Position> take_commits(std::optional<std::int32_t> shard = std::nullopt);
  /// That one was not taken: it is due again.
  void not_stored(TopicPartition partition);
  /// All positions are due again.
  void store_all_again();

  /// The next offset to be handed over; nothing before the first.
  std::optional<std::int64_t> next(TopicPartition partition) const;

 private:
  struct Entry {
    std::int32_t shard = 0;
    std::uint64_t assignment = 0;
    OffsetTracker tracker;
    std::int64_t last_read = -1;
    std::optional<std::int64_t> present_until;  ///< The end seen first.
    bool caught_up = false;
  };

  mutable std::mutex mutex_;
  std::map<TopicPartition, Entry> entries_;
  std::uint64_t assignments_ = 0;
};

}  // namespace linekeeper::kafka
