#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace linekeeper::auth {

/// Whether leases may be acquired now: not for one ttl after the store's run id changed, because a store that came back
/// may have lost leases that are still in use. A plain machine; monotonic time.
class AcquireGate {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit AcquireGate(std::chrono::milliseconds ttl) noexcept : ttl_(ttl) {}

  /// The marker was read on a connection to a server with this run id, whose marker has known it for `known_for`
  /// (`StoreState::known_for`). `now`: taken after the answer. Reading the same run id again never shuts the gate.
  void on_store(std::string run_id, std::chrono::microseconds known_for, Time now);
  /// The connection broke: shut until `on_store`.
  void on_disconnected() noexcept { open_at_.reset(); }

  bool open(Time now) const noexcept { return open_at_ && now >= *open_at_; }
  /// Nothing while no server is known.
  std::optional<Time> opens_at() const noexcept { return open_at_; }

 private:
  std::chrono::milliseconds ttl_;
  std::string run_id_;
  Time run_open_at_{};
  std::optional<Time> open_at_;
};

}  // namespace linekeeper::auth
