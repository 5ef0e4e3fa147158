#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "linekeeper/auth/acquire_gate.hpp"
#include "linekeeper/auth/key_ring.hpp"
#include "linekeeper/auth/store_marker.hpp"
#include "linekeeper/net/task_group.hpp"
#include "linekeeper/redis/connection.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "linekeeper/telemetry/metrics.hpp"
#include "loop/trouble_log.hpp"

namespace linekeeper::worker {

/// What one loop knows of its Redis: whether it is the store we worked with, whether leases may be acquired, and in
/// what words to tell an operator if not. Threads: the loop's.
class StoreWatch {
 public:
  enum class State {
    unknown,  ///< Not connected yet, or away.
    usable,
    lost,        ///< Emptied: nothing connects until an operator accepts.
    unreadable,  ///< Its marker does not open under our key ring.
  };

  /// `committed_offsets`: the consumer group has some, so a store without marker has been emptied.
  StoreWatch(boost::asio::any_io_executor executor, redis::Connection& redis, std::shared_ptr<const auth::KeyRing> ring,
             std::chrono::milliseconds lease_ttl, bool committed_offsets, telemetry::Log& log,
             telemetry::Metrics& metrics);

  /// Something speaks against the store: nobody acquires before its marker was read again. It is read anyway now and
  /// then, and so is a store that was lost, in case an operator accepted it.
  void suspect();

  /// `open`, and the marker was there a moment ago: asked right before an acquisition, which would otherwise make a new
  /// line of an old one in a store that was just emptied.
  awaitable<bool> confirm();

  /// Watches from here on; call before `Connection::start`. `changed` is called after each change.
  void start(std::function<void()> changed);
  awaitable<void> stop();

  /// Another key ring from now on; what the marker keeps secret is sealed anew.
  void use_ring(std::shared_ptr<const auth::KeyRing> ring);

  State state() const noexcept { return state_; }
  /// Leases may be acquired now.
  bool open() const;
  /// When to ask `open` again, if waiting is all it takes.
  std::optional<std::chrono::steady_clock::time_point> opens_at() const noexcept;
  /// Empty while all is well.
  const std::string& trouble() const noexcept;
  /// A line's writes begin or end to wait because the store is full.
  void wait_for_room(bool waits);
  /// Writes of some line wait for room.
  bool full() const noexcept { return without_room_ > 0; }
  const std::optional<SecretKey32>& number_key() const noexcept { return number_key_; }
  redis::Persistence persistence() const noexcept { return persistence_; }
  const std::string& run_id() const noexcept { return run_id_; }

 private:
  awaitable<void> patrol();
  void examine_soon();
  awaitable<void> examine();
  awaitable<bool> lacks_rights();
  void judge(Result<std::optional<auth::StoreState>> found);
  void enter(State state, std::string trouble, std::string_view code = {});
  void note(const redis::ServerInfo& info);
  awaitable<void> reseal(std::shared_ptr<auth::StoreMarker> marker);

  boost::asio::any_io_executor executor_;
  redis::Connection& redis_;
  std::shared_ptr<auth::StoreMarker> marker_;
  std::chrono::milliseconds every_;
  auth::AcquireGate gate_;
  bool committed_offsets_;
  telemetry::Log& log_;
  telemetry::Metrics& metrics_;
  telemetry::Counter weak_;
  TroubleLog saying_;
  boost::asio::steady_timer timer_;
  net::TaskGroup tasks_;
  std::function<void()> changed_;
  State state_ = State::unknown;
  bool marker_seen_ = false;
  std::string trouble_ = "Redis has not answered yet.";
  std::optional<SecretKey32> number_key_;
  redis::Persistence persistence_ = redis::Persistence::unknown;
  std::string run_id_;
  std::chrono::steady_clock::time_point read_at_{};
  bool examining_ = false;
  bool again_ = false;
  std::size_t without_room_ = 0;
  bool stopping_ = false;
};

}  // namespace linekeeper::worker
