#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "linekeeper/v1/command.pb.h"
#include "linekeeper/v1/event.pb.h"

namespace linekeeper::control {

/// How a command ended, whichever event said so.
struct Outcome {
  v1::CommandOutcome how = v1::COMMAND_OUTCOME_UNSPECIFIED;
  v1::Error error;              ///< Why it failed; with `how` done a note.
  v1::ConnectionEvent event;    ///< Of pair, reset and line commands.
  v1::OutboundUpdate outbound;  ///< Of sends.

  bool done() const noexcept { return how == v1::COMMAND_OUTCOME_DONE; }
};

/// The endings in events, as outcomes. Nothing (`how` unspecified) if the event ends no command.
Outcome outcome_of(const v1::ConnectionEvent& event);
Outcome outcome_of(const v1::OutboundUpdate& update);

/// The endings of commands: who waits for one is told, and for a while it is remembered. No I/O; time is the caller's,
/// monotonic.
class Outcomes {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Key = std::pair<std::string, std::string>;  ///< Session and command.

  struct Limits {
    std::size_t most = 20'000;
    std::chrono::minutes kept{60};
  };
  Outcomes() = default;
  explicit Outcomes(Limits limits) : limits_(limits) {}

  /// `told` is called once, by `take`, unless `forget` came first.
  std::uint64_t await(Key key, std::function<void(const Outcome&)> told);
  void forget(const Key& key, std::uint64_t waiter);

  void take(Key key, Outcome outcome, Time now);
  /// Null if it is not remembered.
  const Outcome* find(const Key& key) const;
  /// Somebody waits for it here.
  bool awaited(const Key& key) const { return waiters_.contains(key); }

 private:
  struct Waiter {
    std::uint64_t id;
    std::function<void(const Outcome&)> told;
  };
  Limits limits_;
  std::map<Key, std::vector<Waiter>> waiters_;
  std::map<Key, Outcome> kept_;
  std::deque<std::pair<Time, Key>> order_;
  std::uint64_t last_ = 0;
};

}  // namespace linekeeper::control
