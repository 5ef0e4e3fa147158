#include "loop/loop.hpp"

namespace linekeeper::worker {
namespace {

/// Lines that are acquired and read at a time.
constexpr std::size_t kAtOnce = 32;

}  // namespace

Loop::Loop(boost::asio::any_io_executor executor, const LoopSettings& settings, EventPublisher& events,
           ConnectPace& pace, LoginWatch& logins, std::function<void(const kafka::Ticket&)> finish,
           std::function<bool(std::uint8_t)> mine, telemetry::Log& log, WorkerMetrics& metrics)
    : wire_(settings.wire),
      redis_(executor, settings.redis),
      leases_(executor, redis_, settings.holder, settings.lease, log, metrics.registry),
      seeker_(executor, redis_, settings.holder, settings.lease.ttl, pace, metrics.registry),
      admission_(kAtOnce),
      store_(executor, redis_, settings.ring, settings.lease.ttl, settings.committed_offsets, log, metrics.registry),
      context_{executor, redis_,         leases_, seeker_,       admission_,        store_, events,  pace,
               logins,   settings.rules, wire_,   settings.ring, std::move(finish), log,    metrics, guards_},
      lines_(context_, std::move(mine)) {
  wire_.certificates = &certificates_;
  if (settings.names_worker)
    name_ = std::make_unique<NameWatch>(executor, redis_, settings.rules.worker_id, settings.holder, settings.lease.ttl,
                                        log, metrics.registry);
}

void Loop::start() {
  store_.start([this] {
    if (changed_) changed_(store_.state() == StoreWatch::State::usable && !store_.full(), store_.trouble());
  });
  leases_.on_denied([this] { store_.suspect(); });
  redis_.start();
  leases_.start();
  seeker_.start();
  if (name_) name_->start();
  lines_.start();
}

void Loop::use_ring(std::shared_ptr<const auth::KeyRing> ring) {
  context_.ring = ring;
  store_.use_ring(std::move(ring));
  lines_.use_ring();
}

void Loop::use_version(transport::ClientVersion version) {
  wire_.profile.version = version;
  lines_.use_version();
}

awaitable<void> Loop::stop() {
  co_await lines_.stop();
  co_await seeker_.stop();
  if (name_) co_await name_->stop();
  co_await leases_.stop();
  co_await store_.stop();
  co_await redis_.stop();
}

}  // namespace linekeeper::worker
