#include "offline_queue.hpp"

#include <algorithm>
#include <vector>

namespace linekeeper::sandbox {

namespace {

std::string index_key(std::string_view tag, std::string_view id) {
  std::string key(tag);
  key += '\n';
  key += id;
  return key;
}

/// How well an answer to `from` of `type` fits a stanza. Clients answer to a user where the stanza named a device, or
/// in the other namespace, so a poor fit is a fit as long as no other item fits better.
int fitness(const Node& stanza, const std::optional<Jid>& from, const std::optional<std::string>& type) {
  const auto sender = stanza.jid("from");
  if (!from || !sender) return 0;
  if (!transport::same_user(*sender, *from)) return 0;
  int score = 1;
  if (*sender == *from) score += 2;
  if (stanza.attr("type") == type) score += 1;
  return score;
}

}  // namespace

std::size_t& OfflineQueue::count_of(std::string_view tag) noexcept {
  if (tag == "message") return counts_.message;
  if (tag == "notification") return counts_.notification;
  if (tag == "receipt") return counts_.receipt;
  return counts_.other;
}

OfflineQueue::Item& OfflineQueue::push(Node stanza) {
  if (items_.size() >= limit_) {
    erase(items_.begin());
    ++overflowed_;
  }
  items_.push_back({std::move(stanza), 0});
  const auto at = std::prev(items_.end());
  by_id_.emplace(index_key(at->stanza.tag, at->stanza.attr("id").value_or("")), at);
  ++count_of(at->stanza.tag);
  return *at;
}

void OfflineQueue::erase(Position at) {
  const auto [first, last] = by_id_.equal_range(index_key(at->stanza.tag, at->stanza.attr("id").value_or("")));
  for (auto entry = first; entry != last; ++entry) {
    if (entry->second != at) continue;
    by_id_.erase(entry);
    break;
  }
  --count_of(at->stanza.tag);
  items_.erase(at);
}

std::size_t OfflineQueue::confirm(std::string_view tag, std::string_view id, const std::optional<Jid>& from,
                                  const std::optional<std::string>& type) {
  const auto [first, last] = by_id_.equal_range(index_key(tag, id));
  int best = 0;
  std::vector<std::pair<Position, int>> found;
  for (auto entry = first; entry != last; ++entry) {
    const int score = fitness(entry->second->stanza, from, type);
    best = std::max(best, score);
    found.emplace_back(entry->second, score);
  }
  std::size_t gone = 0;
  for (const auto& [at, score] : found) {
    if (score < best) continue;
    erase(at);
    ++gone;
  }
  return gone;
}

}  // namespace linekeeper::sandbox
