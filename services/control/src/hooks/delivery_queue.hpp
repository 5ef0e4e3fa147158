#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "linekeeper/base/backoff.hpp"

namespace linekeeper::control {

/// Why an event is put aside for a person.
enum class ParkReason : std::uint8_t {
  refused,        ///< The endpoint answered that it does not want it, as often as we ask.
  gave_up,        ///< Tried for as long as we try.
  endpoint_away,  ///< The endpoint has taken nothing for as long as we try, so this was not tried.
};
std::string_view name_of(ParkReason reason) noexcept;

/// What to do with the events for one endpoint, and when. A plain machine: no I/O, no clock, no randomness; the caller
/// brings all three.
///
/// Events of one session go out one after the other, in the order they came: the next one only when the one before is
/// delivered or put aside. Sessions go out beside each other, up to `concurrency`.
///
/// An endpoint that is away (no connection, no answer in time, 429, 5xx) is left alone for a while that doubles, and
/// then asked with one event before the others follow. One that refuses an event keeps only that event's session
/// waiting.
class DeliveryQueue {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::milliseconds;
  using Id = std::uint64_t;

  struct Policy {
    std::size_t concurrency = 8;
    unsigned attempts = 5;  ///< Refusals of one event until it is put aside.
    /// From an event's first attempt until it is put aside. An endpoint that has been away for so long has everything
    /// put aside at once, but for the event that asks whether it is back.
    Duration give_up_after = std::chrono::minutes(10);
    Duration backoff_first = std::chrono::seconds(1);
    Duration backoff_most = std::chrono::minutes(1);
  };

  explicit DeliveryQueue(Policy policy) : policy_(policy), backoff_(policy.backoff_first, policy.backoff_most) {}

  /// Takes an event into the queue. How many there may be is the caller's business.
  Id put(std::string session);

  /// Send it now; `delivered` or `failed` must follow.
  struct Attempt {
    Id id;
  };
  /// Put it aside now; `parked` or `not_parked` must follow.
  struct Park {
    Id id;
    ParkReason why;
    unsigned attempts;
  };
  /// Nothing to do until then, or until something else is told; `Time::max()`: only that.
  struct Wait {
    Time until;
  };
  using Step = std::variant<Attempt, Park, Wait>;
  Step next(Time now);

  void delivered(Id id);
  enum class Failure : std::uint8_t { refused, away };
  /// `retry_after` is what the endpoint asked for; it is kept to, within `give_up_after`.
  void failed(Id id, Failure how, std::optional<Duration> retry_after, Time now, std::uint64_t random);
  void parked(Id id);
  /// It could not be put aside: tried again at `again`.
  void not_parked(Id id, Time again);

  /// Forgets an event that is somebody else's now. False if it is under way: its end is still to be told.
  bool drop(Id id);

  std::size_t waiting() const noexcept { return entries_.size() - in_flight_; }
  std::size_t in_flight() const noexcept { return in_flight_; }
  /// Since when the endpoint takes nothing.
  std::optional<Time> away_since() const noexcept { return away_since_; }

 private:
  enum class State : std::uint8_t { queued, ready, in_flight, parking };
  struct Entry {
    std::string session;
    State state = State::queued;
    unsigned refusals = 0;
    unsigned attempts = 0;
    Time due = Time::min();
    std::optional<Time> give_up_at;  ///< From the first attempt on.
    std::optional<ParkReason> park;
    Backoff backoff;
  };

  void make_ready(Id id, Entry& entry, Time due);
  void take_from_ready(Id id, Entry& entry);
  void remove(Id id);
  void it_answers();
  Step attempt(Id id);
  Step park(Id id, ParkReason why);

  Policy policy_;
  Id last_ = 0;
  std::map<Id, Entry> entries_;
  std::map<std::string, std::deque<Id>> sessions_;  ///< The first of each is ready, under way, or being put aside.
  std::set<std::pair<Time, Id>> ready_;
  std::set<std::pair<Time, Id>> to_park_;  ///< When ready ones are given up, and decided ones tried to be put aside.
  std::size_t in_flight_ = 0;

  Backoff backoff_;  ///< The endpoint's.
  std::optional<Time> away_since_;
  Time hold_ = Time::min();  ///< Nobody goes before.
};

}  // namespace linekeeper::control
