#include "linekeeper/auth/lease_search.hpp"

#include <algorithm>

#include "linekeeper/auth/keys.hpp"

namespace linekeeper::auth {

LeaseSearch::Line* LeaseSearch::find(std::string_view session) {
  const auto bucket = buckets_.find(bucket_of(session));
  if (bucket == buckets_.end()) return nullptr;
  const auto line = bucket->second.lines.find(session);
  return line == bucket->second.lines.end() ? nullptr : &line->second;
}

void LeaseSearch::add(std::string session, std::uint64_t since_us, MonotonicTime now) {
  if (Line* const line = find(session)) {
    line->since_us = since_us;
    return;
  }
  buckets_[bucket_of(session)].lines.emplace(session, Line{since_us, false, now + settings_.look_every});
  order_.push_back(std::move(session));
  ++size_;
  ++unasked_;
}

void LeaseSearch::remove(std::string_view session) {
  const auto bucket = buckets_.find(bucket_of(session));
  if (bucket == buckets_.end()) return;
  const auto line = bucket->second.lines.find(session);
  if (line == bucket->second.lines.end()) return;
  --size_;
  if (!line->second.asked) {
    --unasked_;
    std::erase(order_, line->first);
  }
  bucket->second.lines.erase(line);
  if (bucket->second.lines.empty()) buckets_.erase(bucket);
}

bool LeaseSearch::ask_next(MonotonicTime now) {
  if (order_.empty()) return false;
  Line& line = *find(order_.front());
  order_.pop_front();
  line.asked = true;
  line.look_at = now;
  --unasked_;
  return true;
}

std::vector<LeaseSearch::Look> LeaseSearch::due(MonotonicTime now) {
  std::vector<Look> looks;
  for (auto& [number, bucket] : buckets_) {
    if (bucket.under_way) continue;
    Look look;
    look.bucket = number;
    for (auto& [session, line] : bucket.lines) {
      if (line.look_at > now) continue;
      line.look_at = now + (line.asked ? settings_.ask_every : settings_.look_every);
      look.lines.push_back({session, line.since_us, line.asked});
    }
    if (look.lines.empty()) continue;
    bucket.under_way = true;
    looks.push_back(std::move(look));
  }
  return looks;
}

std::vector<LeaseSearch::Free> LeaseSearch::on_answer(const Look& look, const std::vector<bool>& free, MonotonicTime) {
  std::vector<Free> found;
  const auto bucket = buckets_.find(look.bucket);
  if (bucket == buckets_.end()) return found;
  bucket->second.under_way = false;
  for (std::size_t i = 0; i < std::min(free.size(), look.lines.size()); ++i) {
    const Sought& sought = look.lines[i];
    const Line* const line = free[i] ? find(sought.session) : nullptr;
    if (line == nullptr) continue;
    found.push_back({sought.session, line->asked});
  }
  for (const Free& line : found)
    remove(line.session);
  return found;
}

void LeaseSearch::on_failure(const Look& look, MonotonicTime now) {
  const auto bucket = buckets_.find(look.bucket);
  if (bucket == buckets_.end()) return;
  bucket->second.under_way = false;
  for (const Sought& sought : look.lines)
    if (Line* const line = find(sought.session)) line->look_at = now + settings_.look_every;
}

std::optional<MonotonicTime> LeaseSearch::next() const {
  std::optional<MonotonicTime> soonest;
  for (const auto& [number, bucket] : buckets_) {
    if (bucket.under_way) continue;
    for (const auto& [session, line] : bucket.lines)
      soonest = soonest ? std::min(*soonest, line.look_at) : line.look_at;
  }
  return soonest;
}

}  // namespace linekeeper::auth
