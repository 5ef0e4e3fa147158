#include "intake/merge.hpp"

#include <algorithm>
#include <utility>

namespace linekeeper::worker {

void Merge::assigned(std::int32_t shard, Time now) {
  shards_[shard].until = now + patience_;
}

void Merge::revoked(std::int32_t shard) {
  shards_.erase(shard);
}

std::vector<Command> Merge::read(std::int32_t shard, std::uint16_t topic, Command command) {
  const auto found = shards_.find(shard);
  if (found == shards_.end() || topic >= kTopics) {
    std::vector<Command> as_it_came;
    as_it_came.push_back(std::move(command));
    return as_it_came;
  }
  found->second.held[topic].push_back(std::move(command));
  return release(found->second, false);
}

std::vector<Command> Merge::caught_up(std::int32_t shard, std::uint16_t topic) {
  const auto found = shards_.find(shard);
  if (found == shards_.end() || topic >= kTopics) return {};
  found->second.complete[topic] = true;
  auto out = release(found->second, false);
  if (std::ranges::all_of(found->second.complete, std::identity())) shards_.erase(found);
  return out;
}

std::vector<Command> Merge::expire(Time now) {
  std::vector<Command> out;
  for (auto shard = shards_.begin(); shard != shards_.end();) {
    if (now < shard->second.until) {
      ++shard;
      continue;
    }
    auto rest = release(shard->second, true);
    std::move(rest.begin(), rest.end(), std::back_inserter(out));
    shard = shards_.erase(shard);
  }
  return out;
}

/// The oldest head goes first, as long as no topic could still bring an older one.
std::vector<Command> Merge::release(Shard& shard, bool all) {
  std::vector<Command> out;
  for (;;) {
    std::deque<Command>* oldest = nullptr;
    for (std::size_t topic = 0; topic < kTopics; ++topic) {
      auto& held = shard.held[topic];
      if (held.empty() && !shard.complete[topic] && !all) return out;
      if (held.empty()) continue;
      if (oldest == nullptr || held.front().head.origin.timestamp_ms < oldest->front().head.origin.timestamp_ms) {
        oldest = &held;
      }
    }
    if (oldest == nullptr) return out;
    out.push_back(std::move(oldest->front()));
    oldest->pop_front();
  }
}

}  // namespace linekeeper::worker
