#include "linekeeper/auth/lease_table.hpp"

#include <algorithm>

#include "linekeeper/auth/keys.hpp"

namespace linekeeper::auth {

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
  ++bucket.leases;
  leases_.emplace(std::move(session), Lease{token, valid_until, number});
  return true;
}

LeaseTable::Leases::iterator LeaseTable::drop(Leases::iterator it) {
  const auto bucket = buckets_.find(it->second.bucket);
  if (--bucket->second.leases == 0) buckets_.erase(bucket);
  return leases_.erase(it);
}

void LeaseTable::remove(std::string_view session) {
  const auto it = leases_.find(session);
  if (it != leases_.end()) drop(it);
}

std::optional<MonotonicTime> LeaseTable::valid_until(std::string_view session) const {
  const auto it = leases_.find(session);
  if (it == leases_.end()) return std::nullopt;
  return it->second.valid_until;
}

bool LeaseTable::valid(std::string_view session, MonotonicTime now) const {
  const auto until = valid_until(session);
  return until && now < *until;
}

std::optional<FencingToken> LeaseTable::token(std::string_view session) const {
  const auto it = leases_.find(session);
  if (it == leases_.end()) return std::nullopt;
  return it->second.token;
}

std::vector<LeaseTable::Renewal> LeaseTable::due(MonotonicTime now) {
  std::map<std::uint8_t, Renewal> found;
  for (auto& [number, bucket] : buckets_) {
    if (bucket.under_way || bucket.renew_at > now) continue;
    bucket.under_way = true;
    found.emplace(number, Renewal{number, now, {}});
  }
  if (found.empty()) return {};
  for (const auto& [session, lease] : leases_)
    if (const auto it = found.find(lease.bucket); it != found.end())
      it->second.leases.push_back({session, lease.token});
  std::vector<Renewal> renewals;
  for (auto& [number, renewal] : found)
    renewals.push_back(std::move(renewal));
  return renewals;
}

LeaseTable::Outcome LeaseTable::on_answer(const Renewal& renewal, const std::vector<RenewalResult>& results,
                                          MonotonicTime now) {
  Outcome outcome;
  const MonotonicTime valid_until = renewal.sent_at + settings_.ttl - settings_.margin;
  if (const auto bucket = buckets_.find(renewal.bucket); bucket != buckets_.end()) {
    bucket->second.under_way = false;
    bucket->second.renew_at = renewal.sent_at + settings_.renew_every();
  }
  for (const RenewalResult& result : results) {
    const auto it = leases_.find(result.session);
    if (it == leases_.end() || it->second.token != result.token) continue;
    // An answer that comes too late to be of use is no renewal: the socket has to be closed by now.
    if (!result.renewed || std::max(valid_until, it->second.valid_until) <= now) {
      outcome.lost.push_back({result.session, result.token});
      drop(it);
      continue;
    }
    it->second.valid_until = std::max(valid_until, it->second.valid_until);
    if (result.wanted) outcome.wanted.emplace_back(Held{result.session, result.token}, *result.wanted);
  }
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
  for (auto it = leases_.begin(); it != leases_.end();) {
    if (it->second.valid_until > now) {
      ++it;
      continue;
    }
    over.push_back({it->first, it->second.token});
    it = drop(it);
  }
  return over;
}

std::optional<MonotonicTime> LeaseTable::next() const {
  std::optional<MonotonicTime> soonest;
  const auto consider = [&](MonotonicTime time) { soonest = soonest ? std::min(*soonest, time) : time; };
  for (const auto& [number, bucket] : buckets_)
    if (!bucket.under_way) consider(bucket.renew_at);
  for (const auto& [session, lease] : leases_)
    consider(lease.valid_until);
  return soonest;
}

}  // namespace linekeeper::auth
