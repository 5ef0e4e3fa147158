#include "linekeeper/auth/lease_table.hpp"

#include <algorithm>
#include <iterator>

#include "linekeeper/auth/keys.hpp"

namespace linekeeper::auth {

void LeaseTable::Bucket::find_soonest() noexcept {
  soonest = MonotonicTime::max();
  for (const auto& [session, lease] : leases)
    soonest = std::min(soonest, lease.valid_until);
}

const LeaseTable::Lease* LeaseTable::find(std::string_view session) const {
  const auto bucket = buckets_.find(bucket_of(session));
  if (bucket == buckets_.end()) return nullptr;
  const auto it = bucket->second.leases.find(session);
  return it == bucket->second.leases.end() ? nullptr : &it->second;
}

bool LeaseTable::add(std::string session, FencingToken token, MonotonicTime sent_at, MonotonicTime now) {
  remove(session);
  const MonotonicTime valid_until = sent_at + settings_.ttl - settings_.margin;
  if (valid_until <= now) return false;
  const std::uint8_t number = bucket_of(session);
  auto [it, first] = buckets_.try_emplace(number);
  Bucket& bucket = it->second;
  // First renewals come between half and all of the interval, by bucket, so that they stay spread out for good.
  const auto due = sent_at + settings_.renew_every() * (kBuckets + number) / (2 * kBuckets);
  bucket.renew_at = first ? due : std::min(bucket.renew_at, due);
  bucket.soonest = first ? valid_until : std::min(bucket.soonest, valid_until);
  bucket.leases.emplace(std::move(session), Lease{token, valid_until});
  ++size_;
  return true;
}

void LeaseTable::remove(std::string_view session) {
  const auto bucket = buckets_.find(bucket_of(session));
  if (bucket == buckets_.end()) return;
  auto& leases = bucket->second.leases;
  const auto it = leases.find(session);
  if (it == leases.end()) return;
  leases.erase(it);
  --size_;
  if (leases.empty()) {
    buckets_.erase(bucket);
  } else {
    bucket->second.find_soonest();
  }
}

std::optional<MonotonicTime> LeaseTable::valid_until(std::string_view session) const {
  const Lease* const lease = find(session);
  if (lease == nullptr) return std::nullopt;
  return lease->valid_until;
}

bool LeaseTable::valid(std::string_view session, MonotonicTime now) const {
  const auto until = valid_until(session);
  return until && now < *until;
}

std::optional<FencingToken> LeaseTable::token(std::string_view session) const {
  const Lease* const lease = find(session);
  if (lease == nullptr) return std::nullopt;
  return lease->token;
}

std::vector<LeaseTable::Renewal> LeaseTable::due(MonotonicTime now) {
  std::vector<Renewal> renewals;
  for (auto& [number, bucket] : buckets_) {
    if (bucket.under_way || bucket.renew_at > now) continue;
    bucket.under_way = true;
    Renewal renewal{number, now, {}};
    renewal.leases.reserve(bucket.leases.size());
    for (const auto& [session, lease] : bucket.leases)
      renewal.leases.push_back({session, lease.token});
    renewals.push_back(std::move(renewal));
  }
  return renewals;
}

LeaseTable::Outcome LeaseTable::on_answer(const Renewal& renewal, const std::vector<RenewalResult>& results,
                                          MonotonicTime now) {
  Outcome outcome;
  const auto at = buckets_.find(renewal.bucket);
  if (at == buckets_.end()) return outcome;
  Bucket& bucket = at->second;
  bucket.under_way = false;
  bucket.renew_at = renewal.sent_at + settings_.renew_every();
  const MonotonicTime valid_until = renewal.sent_at + settings_.ttl - settings_.margin;
  for (const RenewalResult& result : results) {
    const auto it = bucket.leases.find(result.session);
    if (it == bucket.leases.end() || it->second.token != result.token) continue;
    // An answer that comes too late to be of use is no renewal: the socket has to be closed by now.
    if (!result.renewed || std::max(valid_until, it->second.valid_until) <= now) {
      outcome.lost.push_back({result.session, result.token});
      bucket.leases.erase(it);
      --size_;
      continue;
    }
    it->second.valid_until = std::max(valid_until, it->second.valid_until);
    if (result.wanted) outcome.wanted.emplace_back(Held{result.session, result.token}, *result.wanted);
  }
  bucket.find_soonest();
  if (bucket.leases.empty()) buckets_.erase(at);
  return outcome;
}

void LeaseTable::on_failure(const Renewal& renewal, MonotonicTime now) {
  const auto bucket = buckets_.find(renewal.bucket);
  if (bucket == buckets_.end()) return;
  bucket->second.under_way = false;
  bucket->second.renew_at = now + settings_.renew_every() / 10;
}

std::vector<LeaseTable::Held> LeaseTable::give_up(MonotonicTime now) {
  std::vector<Held> over;
  for (auto at = buckets_.begin(); at != buckets_.end();) {
    Bucket& bucket = at->second;
    if (bucket.soonest > now) {
      ++at;
      continue;
    }
    for (auto it = bucket.leases.begin(); it != bucket.leases.end();) {
      if (it->second.valid_until > now) {
        ++it;
        continue;
      }
      over.push_back({it->first, it->second.token});
      it = bucket.leases.erase(it);
      --size_;
    }
    bucket.find_soonest();
    at = bucket.leases.empty() ? buckets_.erase(at) : std::next(at);
  }
  return over;
}

std::optional<MonotonicTime> LeaseTable::next() const {
  std::optional<MonotonicTime> soonest;
  const auto consider = [&](MonotonicTime time) { soonest = soonest ? std::min(*soonest, time) : time; };
  for (const auto& [number, bucket] : buckets_) {
    if (!bucket.under_way) consider(bucket.renew_at);
    consider(bucket.soonest);
  }
  return soonest;
}

}  // namespace linekeeper::auth
