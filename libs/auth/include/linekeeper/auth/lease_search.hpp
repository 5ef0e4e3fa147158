#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linekeeper/auth/lease_table.hpp"

namespace linekeeper::auth {

/// The lines a worker owns and another still holds, as a plain machine: when which bucket's leases are looked at, and
/// which holders are asked to hand over. Who only looks does so seldom; who asks looks again soon, because a line that
/// was asked for is down from the moment its holder lets go. Callers ask for as many as they can connect.
///
/// A bucket is looked at by one script at a time, however many of its lines are sought. Not thread-safe.
class LeaseSearch {
 public:
  struct Settings {
    std::chrono::milliseconds ask_every{100};
    std::chrono::milliseconds look_every{1000};
  };
  struct Sought {
    std::string session;
    std::uint64_t since_us = 0;  ///< Redis time of our assignment.
    bool ask = false;            ///< Leave a mark for the holder.
  };
  /// Leases of one bucket, to be looked at in one script.
  struct Look {
    std::uint8_t bucket = 0;
    std::vector<Sought> lines;
  };
  struct Free {
    std::string session;
    bool asked = false;
  };

  explicit LeaseSearch(Settings settings) noexcept : settings_(settings) {}

  /// The lease was just seen to be another's. Sought before: only the assignment's time is taken over.
  void add(std::string session, std::uint64_t since_us, MonotonicTime now);
  void remove(std::string_view session);
  /// Asks for the line that has waited longest without being asked for. False if there is none.
  bool ask_next(MonotonicTime now);

  std::size_t size() const noexcept { return size_; }
  /// Lines that nobody was asked for yet.
  std::size_t unasked() const noexcept { return unasked_; }

  /// What to look at now; those buckets count as under way until `on_answer` or `on_failure`.
  std::vector<Look> due(MonotonicTime now);
  /// `free`: in the order of `look.lines`. Returns those that are free; they are no longer sought.
  std::vector<Free> on_answer(const Look& look, const std::vector<bool>& free, MonotonicTime now);
  void on_failure(const Look& look, MonotonicTime now);
  /// When `due` next has something.
  std::optional<MonotonicTime> next() const;

 private:
  struct Line {
    std::uint64_t since_us = 0;
    bool asked = false;
    MonotonicTime look_at;
  };
  struct Bucket {
    bool under_way = false;
    std::map<std::string, Line, std::less<>> lines;
  };
  Line* find(std::string_view session);

  Settings settings_;
  std::map<std::uint8_t, Bucket> buckets_;  ///< None is empty.
  std::deque<std::string> order_;           ///< Of those not asked for; may hold some that are gone.
  std::size_t size_ = 0;
  std::size_t unasked_ = 0;
};

}  // namespace linekeeper::auth
