#include "loop/store_watch.hpp"

#include "clock.hpp"
#include "linekeeper/base/errc.hpp"

namespace linekeeper::worker {
StoreWatch::StoreWatch(boost::asio::any_io_executor executor, redis::Connection& redis,
                       std::shared_ptr<const auth::KeyRing> ring, std::chrono::milliseconds lease_ttl,
                       bool committed_offsets, telemetry::Log& log)
    : executor_(executor),
      redis_(redis),
      marker_(std::make_shared<auth::StoreMarker>(redis, std::move(ring))),
      gate_(lease_ttl),
      committed_offsets_(committed_offsets),
      log_(log),
      tasks_(executor, rethrow) {}

void StoreWatch::start(std::function<void()> changed) {
  changed_ = std::move(changed);
  redis_.on_connected([this](const redis::ServerInfo& info) {
    if (!stopping_) tasks_.spawn(examine(info));
  });
  redis_.on_trouble([this](const redis::Trouble& trouble) {
    gate_.on_disconnected();
    state_ = State::unknown;
    trouble_ = trouble.text;
    log_.warn("Redis cannot be used", {{"error", trouble.text}});
    changed_();
  });
}

awaitable<void> StoreWatch::stop() {
  stopping_ = true;
  co_await tasks_.join();
}

void StoreWatch::use_ring(std::shared_ptr<const auth::KeyRing> ring) {
  marker_ = std::make_shared<auth::StoreMarker>(redis_, std::move(ring));
  if (stopping_) return;
  tasks_.spawn(reseal(marker_));
  // What did not open may do so under this ring.
  if (state_ == State::unreadable && redis_.server()) tasks_.spawn(examine(*redis_.server()));
}

awaitable<void> StoreWatch::reseal(std::shared_ptr<auth::StoreMarker> marker) {
  const auto done = co_await marker->reseal();
  if (!done) log_.warn("the store's marker could not be sealed anew", {{"error", done.error().message()}});
}

bool StoreWatch::open() const {
  return state_ == State::usable && gate_.open(std::chrono::steady_clock::now());
}

std::optional<std::chrono::steady_clock::time_point> StoreWatch::opens_at() const noexcept {
  if (state_ != State::usable) return std::nullopt;
  return gate_.opens_at();
}

awaitable<void> StoreWatch::examine(redis::ServerInfo info) {
  persistence_ = info.persistence;
  run_id_ = info.run_id;
  if (info.persistence != redis::Persistence::always) {
    log_.warn("Redis does not promise to keep acknowledged writes: set appendonly yes and appendfsync always",
              {{"persistence", redis::name_of(info.persistence)}});
  }
  const auto marker = marker_;
  auto found = co_await marker->read();
  if (found && !*found) {
    auth::StoreEvidence evidence;
    evidence.marker_seen_before = marker_seen_;
    evidence.committed_offsets = committed_offsets_;
    if (auth::judge_store(evidence) == auth::StoreVerdict::lost) {
      state_ = State::lost;
      trouble_ =
          "STATE_LOST: Redis was emptied. Nothing connects and nothing is wiped. Restore it, or run "
          "'linekeeper-worker store accept' to start anew.";
      log_.error("Redis was emptied: run 'linekeeper-worker store accept' after checking it", {{"code", "STATE_LOST"}});
      changed_();
      co_return;
    }
    auto created = co_await marker->create();
    if (created) {
      found = std::optional<auth::StoreState>(std::move(*created));
    } else {
      found = created.error();
    }
  }
  if (!found) {
    if (marker != marker_) {
      // Another loop has sealed it under the new ring already, while we still asked with the old one.
      tasks_.spawn(examine(std::move(info)));
      co_return;
    }
    const bool unreadable = found.error() == Errc::unknown_key || found.error() == Errc::decrypt_failed ||
                            found.error() == Errc::unsupported_version || found.error() == Errc::malformed_value;
    state_ = unreadable ? State::unreadable : State::unknown;
    trouble_ = unreadable ? "STATE_UNREADABLE: Redis holds values that do not open under this key ring (" +
                                found.error().message() + "). Add the key that sealed them to the ring."
                          : "Redis does not answer: " + found.error().message();
    log_.error("the store's marker cannot be read", {{"error", found.error().message()}});
  } else {
    marker_seen_ = true;
    state_ = State::usable;
    trouble_.clear();
    number_key_ = (*found)->number_key;
    gate_.on_store((*found)->run_id, (*found)->known_for, std::chrono::steady_clock::now());
  }
  changed_();
}

}  // namespace linekeeper::worker
