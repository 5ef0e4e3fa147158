#include "loop/store_watch.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "clock.hpp"
#include "linekeeper/auth/rights.hpp"
#include "linekeeper/base/errc.hpp"

namespace linekeeper::worker {
namespace {

/// How old the knowledge may be that the marker is there.
constexpr std::chrono::milliseconds kFresh{200};
const std::string kFull = "STORE_FULL: Redis is out of memory; lines stay up and writes wait. Raise maxmemory.";

}  // namespace

StoreWatch::StoreWatch(boost::asio::any_io_executor executor, redis::Connection& redis,
                       std::shared_ptr<const auth::KeyRing> ring, std::chrono::milliseconds lease_ttl,
                       bool committed_offsets, telemetry::Log& log, telemetry::Metrics& metrics)
    : executor_(executor),
      redis_(redis),
      marker_(std::make_shared<auth::StoreMarker>(redis, std::move(ring))),
      every_(lease_ttl),
      gate_(lease_ttl),
      committed_offsets_(committed_offsets),
      log_(log),
      metrics_(metrics),
      weak_(metrics.counter("linekeeper_redis_weak_connects_total",
                            "Connections to a Redis that does not promise to keep acknowledged writes.")),
      timer_(executor),
      tasks_(executor, rethrow) {}

void StoreWatch::start(std::function<void()> changed) {
  changed_ = std::move(changed);
  redis_.on_connected([this](const redis::ServerInfo& info) {
    gate_.on_disconnected();  // Whatever an answer on its way from the server before may say.
    note(info);
    examine_soon();
  });
  redis_.on_trouble([this](const redis::Trouble& trouble) {
    gate_.on_disconnected();
    enter(State::unknown, trouble.text);
  });
  redis_.on_denied([this](const std::string& what) { log_.error("Redis denies us a right", {{"error", what}}); });
  tasks_.spawn(patrol());
}

awaitable<void> StoreWatch::stop() {
  stopping_ = true;
  timer_.cancel();
  co_await tasks_.join();
}

/// What the server promises, for an operator.
void StoreWatch::note(const redis::ServerInfo& info) {
  persistence_ = info.persistence;
  run_id_ = info.run_id;
  using redis::Persistence;
  for (const auto kind : {Persistence::always, Persistence::weak, Persistence::unknown}) {
    metrics_
        .gauge("linekeeper_redis_persistence", "1 for what Redis promises about acknowledged writes.",
               {{"kind", std::string(redis::name_of(kind))}})
        .set(kind == info.persistence ? 1 : 0);
  }
  metrics_.gauge("linekeeper_redis_maxmemory_bytes", "Redis' memory limit; 0 is none.")
      .set(static_cast<double>(info.maxmemory));
  metrics_
      .gauge("linekeeper_redis_eviction_known", "1 if Redis tells that it evicts nothing; one that does is not used.")
      .set(info.eviction ? 1 : 0);
  if (info.persistence == Persistence::always) return;
  weak_.add();
  log_.warn("Redis does not promise to keep acknowledged writes: set appendonly yes and appendfsync always",
            {{"persistence", redis::name_of(info.persistence)}});
}

awaitable<void> StoreWatch::patrol() {
  while (!stopping_) {
    timer_.expires_after(every_);
    boost::system::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (!stopping_ && redis_.connected()) examine_soon();
  }
}

void StoreWatch::suspect() {
  gate_.on_disconnected();
  examine_soon();
}

awaitable<bool> StoreWatch::confirm() {
  if (!open()) co_return false;
  if (std::chrono::steady_clock::now() - read_at_ < kFresh) co_return true;
  const auto marker = marker_;
  const auto found = co_await marker->read();
  if (!found) co_return false;
  if (!*found) {
    suspect();
    co_return false;
  }
  read_at_ = std::chrono::steady_clock::now();
  co_return open();
}

void StoreWatch::examine_soon() {
  again_ = true;
  if (examining_ || stopping_) return;
  examining_ = true;
  tasks_.spawn(examine());
}

/// A new state is told once; a trouble that stays is said again at growing intervals.
void StoreWatch::enter(State state, std::string trouble, std::string_view code) {
  const bool changed = state != state_ || trouble != trouble_;
  state_ = state;
  trouble_ = std::move(trouble);
  if (saying_.due(trouble_, std::chrono::steady_clock::now())) {
    if (code.empty())
      log_.warn("Redis cannot be used", {{"error", trouble_}});
    else
      log_.error("Redis cannot be used", {{"error", trouble_}, {"code", code}});
  }
  if (changed) changed_();
}

void StoreWatch::use_ring(std::shared_ptr<const auth::KeyRing> ring) {
  marker_ = std::make_shared<auth::StoreMarker>(redis_, std::move(ring));
  if (stopping_) return;
  tasks_.spawn(reseal(marker_));
  // What did not open may do so under this ring.
  if (state_ == State::unreadable && redis_.connected()) examine_soon();
}

awaitable<void> StoreWatch::reseal(std::shared_ptr<auth::StoreMarker> marker) {
  const auto done = co_await marker->reseal();
  if (!done) log_.warn("the store's marker could not be sealed anew", {{"error", done.error().message()}});
}

void StoreWatch::wait_for_room(bool waits) {
  without_room_ = waits ? without_room_ + 1 : without_room_ - 1;
  if (without_room_ == (waits ? 1 : 0)) changed_();
}

const std::string& StoreWatch::trouble() const noexcept {
  return trouble_.empty() && full() ? kFull : trouble_;
}

bool StoreWatch::open() const {
  return state_ == State::usable && gate_.open(std::chrono::steady_clock::now());
}

std::optional<std::chrono::steady_clock::time_point> StoreWatch::opens_at() const noexcept {
  if (state_ != State::usable) return std::nullopt;
  return gate_.opens_at();
}

awaitable<void> StoreWatch::examine() {
  while (again_ && !stopping_) {
    again_ = false;
    if (state_ != State::usable) {
      const bool denied = co_await lacks_rights();
      if (denied) continue;
    }
    const auto marker = marker_;
    auto found = co_await marker->read();
    if (found && !*found) {
      auth::StoreEvidence evidence;
      evidence.marker_seen_before = marker_seen_;
      evidence.committed_offsets = committed_offsets_;
      if (auth::judge_store(evidence) == auth::StoreVerdict::lost) {
        gate_.on_disconnected();
        enter(State::lost,
              "STATE_LOST: Redis was emptied. Nothing connects and nothing is wiped. Restore it, or run "
              "'linekeeper-worker store accept' to start anew.",
              "STATE_LOST");
        continue;
      }
      auto created = co_await marker->create();
      if (created) {
        found = std::optional<auth::StoreState>(std::move(*created));
      } else {
        found = created.error();
      }
    }
    if (!found && marker != marker_) {
      // Another loop has sealed it under the new ring already, while we still asked with the old one.
      again_ = true;
      continue;
    }
    judge(std::move(found));
  }
  examining_ = false;
}

/// Before anything is written: a script would stop where a right is missing. Asked again by the patrol.
awaitable<bool> StoreWatch::lacks_rights() {
  const auto missing = co_await auth::missing_rights(redis_);
  if (!missing || missing->empty()) co_return false;  // What does not answer is judged by the marker.
  std::string names;
  for (const std::string& name : *missing)
    names += (names.empty() ? "" : ", ") + name;
  gate_.on_disconnected();
  enter(State::unknown, "Redis denies our user a right it needs (" + names + "): grant it with ACL SETUSER");
  co_return true;
}

void StoreWatch::judge(Result<std::optional<auth::StoreState>> found) {
  if (found) {
    if (!redis_.connected() || redis_.server()->run_id != (*found)->run_id) return;  // Looked at again when connected.
    marker_seen_ = true;
    number_key_ = (*found)->number_key;
    gate_.on_store((*found)->run_id, (*found)->known_for, std::chrono::steady_clock::now());
    enter(State::usable, {});
    return;
  }
  const error_code why = found.error();
  if (why == Errc::unknown_key || why == Errc::decrypt_failed || why == Errc::unsupported_version ||
      why == Errc::malformed_value) {
    enter(State::unreadable,
          "STATE_UNREADABLE: Redis holds values that do not open under this key ring (" + why.message() +
              "). Add the key that sealed them to the ring.",
          "STATE_UNREADABLE");
  } else if (state_ != State::usable || !redis_.connected()) {
    const std::string denial = redis_.denial();
    enter(State::unknown, denial.empty() ? "Redis does not answer: " + why.message() : denial);
  }
}

}  // namespace linekeeper::worker
