#include "assignment.hpp"

#include <algorithm>

namespace linekeeper::kafka {

std::vector<TopicPartition> Assignment::add(std::int32_t shard, const std::vector<TopicPartition>& partitions) {
  const std::scoped_lock lock(mutex_);
  std::vector<TopicPartition> added;
  for (const TopicPartition& partition : partitions) {
    const auto [entry, fresh] = entries_.try_emplace(partition);
    if (!fresh) continue;
    entry->second.shard = shard;
    entry->second.assignment = ++assignments_;
    added.push_back(partition);
  }
  return added;
}

std::vector<TopicPartition> Assignment::remove(std::int32_t shard) {
  const std::scoped_lock lock(mutex_);
  std::vector<TopicPartition> removed;
  std::erase_if(entries_, [&](const auto& entry) {
    if (entry.second.shard != shard) return false;
    removed.push_back(entry.first);
    return true;
  });
  return removed;
}

std::vector<std::int32_t> Assignment::shards() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::int32_t> out;
  for (const auto& [partition, entry] : entries_) {
    if (partition.topic == 0) out.push_back(entry.shard);
  }
  return out;
}

std::vector<TopicPartition> Assignment::partitions() const {
  const std::scoped_lock lock(mutex_);
  std::vector<TopicPartition> out;
  out.reserve(entries_.size());
  for (const auto& [partition, entry] : entries_)
    out.push_back(partition);
  return out;
}

std::optional<Ticket> Assignment::read(TopicPartition partition, std::int64_t offset, std::size_t size) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(partition);
  if (found == entries_.end() || offset <= found->second.last_read) return std::nullopt;
  found->second.last_read = offset;
  found->second.tracker.read(offset);
  return Ticket{partition.topic, partition.partition, offset, found->second.assignment, size};
}

void Assignment::finish(const Ticket& ticket) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find({ticket.topic, ticket.partition});
  if (found == entries_.end() || found->second.assignment != ticket.assignment) return;
  found->second.tracker.finish(ticket.offset);
}

void Assignment::reach_end(TopicPartition partition, std::int64_t offset) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(partition);
  if (found != entries_.end()) found->second.tracker.reach_end(offset);
}

std::optional<std::int32_t> Assignment::caught_up(TopicPartition partition, std::int64_t known_end, bool at_end) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(partition);
  if (found == entries_.end() || found->second.caught_up) return std::nullopt;
  Entry& entry = found->second;
  if (known_end >= 0 && !entry.present_until) entry.present_until = known_end;
  if (!at_end && !(entry.present_until && entry.last_read + 1 >= *entry.present_until)) return std::nullopt;
  entry.caught_up = true;
  return entry.shard;
}

std::vector<Position> Assignment::take_commits(std::optional<std::int32_t> shard) {
  const std::scoped_lock lock(mutex_);
  std::vector<Position> out;
  for (auto& [partition, entry] : entries_) {
    if (shard && entry.shard != *shard) continue;
    const auto position = entry.tracker.to_commit();
    if (!position) continue;
    entry.tracker.committed(*position);
    out.push_back({partition, *position});
  }
  return out;
}

void Assignment::not_stored(TopicPartition partition) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(partition);
  if (found != entries_.end()) found->second.tracker.commit_again();
}

void Assignment::store_all_again() {
  const std::scoped_lock lock(mutex_);
  for (auto& [partition, entry] : entries_)
    entry.tracker.commit_again();
}

std::optional<std::int64_t> Assignment::next(TopicPartition partition) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(partition);
  if (found == entries_.end()) return std::nullopt;
  return found->second.last_read >= 0 ? std::optional(found->second.last_read + 1) : found->second.tracker.position();
}

}  // namespace linekeeper::kafka
