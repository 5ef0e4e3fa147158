#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linekeeper/auth/token.hpp"

namespace linekeeper::auth {

using MonotonicTime = std::chrono::steady_clock::time_point;

/// A worker that asks for a line: the owner of its shard, who found it held by another.
struct Wanted {
  std::string name;
  std::uint64_t since_us = 0;  ///< Redis time of its assignment; of two the later wins.
  friend bool operator==(const Wanted&, const Wanted&) = default;
};

/// What the store said about one lease in a renewal.
struct RenewalResult {
  std::string session;
  FencingToken token = 0;
  bool renewed = false;          ///< False: missing, expired or another's.
  std::optional<Wanted> wanted;  ///< Somebody asks for it.
};

/// The leases a worker holds, as a plain machine: when which are renewed, and when each must be given up. Time is
/// monotonic and counted from before a request was sent, so that whatever the store did, it did later.
///
/// A bucket has at most one renewal under way. Not thread-safe.
class LeaseTable {
 public:
  struct Settings {
    std::chrono::milliseconds ttl{15'000};
    std::chrono::milliseconds margin{3'000};  ///< We stop this long before the lease can be another's.
    std::chrono::milliseconds renew_every() const { return ttl / 3; }
  };

  struct Held {
    std::string session;
    FencingToken token = 0;
  };
  /// All leases of one bucket, to be renewed in one script.
  struct Renewal {
    std::uint8_t bucket = 0;
    MonotonicTime sent_at;
    std::vector<Held> leases;
  };
  struct Outcome {
    std::vector<Held> lost;  ///< Removed from the table; close their sockets now.
    std::vector<std::pair<Held, Wanted>> wanted;
  };

  explicit LeaseTable(Settings settings) noexcept : settings_(settings) {}

  /// `sent_at`: taken before the acquisition was sent. False if by now it is too old to be used: release it.
  bool add(std::string session, FencingToken token, MonotonicTime sent_at, MonotonicTime now);
  /// Released, or given up. Unknown sessions are ignored.
  void remove(std::string_view session);

  /// Until when this lease may be used; nothing if it is not held.
  std::optional<MonotonicTime> valid_until(std::string_view session) const;
  bool valid(std::string_view session, MonotonicTime now) const;
  std::optional<FencingToken> token(std::string_view session) const;
  std::size_t size() const noexcept { return size_; }

  /// What to send now; those buckets count as under way until `on_answer` or `on_failure`.
  std::vector<Renewal> due(MonotonicTime now);
  /// The store answered. Results about leases that were removed or taken anew meanwhile are ignored.
  Outcome on_answer(const Renewal& renewal, const std::vector<RenewalResult>& results, MonotonicTime now);
  /// No answer: tried again soon, while the leases run on.
  void on_failure(const Renewal& renewal, MonotonicTime now);

  /// Leases whose time is over, removed: close their sockets now, synchronously.
  std::vector<Held> give_up(MonotonicTime now);

  /// When `due` or `give_up` next has something; nothing while the table is empty.
  std::optional<MonotonicTime> next() const;

 private:
  struct Lease {
    FencingToken token;
    MonotonicTime valid_until;
  };
  /// A worker wakes for one bucket at a time, and most wake-ups find nothing to do: what they need to know is kept per
  /// bucket, so that their cost does not grow with the lines.
  struct Bucket {
    MonotonicTime renew_at;
    MonotonicTime soonest;  ///< The first `valid_until` of its leases.
    bool under_way = false;
    std::map<std::string, Lease, std::less<>> leases;
    void find_soonest() noexcept;
  };
  const Lease* find(std::string_view session) const;

  Settings settings_;
  std::map<std::uint8_t, Bucket> buckets_;  ///< None is empty.
  std::size_t size_ = 0;
};

}  // namespace linekeeper::auth
