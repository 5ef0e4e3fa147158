#include "worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "front.hpp"
#include "intake/router.hpp"
#include "kafka_exam.hpp"
#include "linekeeper/auth/keys.hpp"
#include "linekeeper/kafka/admin.hpp"
#include "linekeeper/kafka/consumer.hpp"
#include "linekeeper/kafka/producer.hpp"
#include "linekeeper/net/io_threads.hpp"
#include "loop/loop.hpp"
#include "patrol.hpp"
#include "setup.hpp"

namespace linekeeper::worker {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Loops = std::vector<std::unique_ptr<Loop>>;

std::chrono::milliseconds until_then(Clock::time_point then, std::chrono::milliseconds least = 0ms) {
  return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(then - Clock::now()), least);
}

/// SIGHUP: the key ring is read again. A file that is refused changes nothing.
void reload_ring(const settings::Values& values, net::IoThreads& threads, Loops& loops, telemetry::Log& log) {
  auto loaded = auth::KeyRing::load(values.text("key-ring"));
  if (const auto* refusal = std::get_if<auth::KeyRing::Refusal>(&loaded)) {
    log.error("the key ring was not read again; the one in use stays", {{"error", refusal->text}});
    return;
  }
  const auto ring = std::make_shared<const auth::KeyRing>(std::move(std::get<auth::KeyRing>(loaded)));
  for (std::size_t i = 0; i < loops.size(); ++i)
    threads.post(i, [&loops, i, ring] { loops[i]->use_ring(ring); });
  log.info("key ring read again", {{"key", ring->first().id}});
}

/// SIGHUP: lines claim the version that the settings have now. Those that were refused with another one try again.
void reload_version(const settings::Values& values, net::IoThreads& threads, Loops& loops, telemetry::Log& log) {
  const auto version = client_version(values);
  if (!version) {
    log.error("whatsapp-version must look like 2.3000.1035194821; the one in use stays");
    return;
  }
  for (std::size_t i = 0; i < loops.size(); ++i)
    threads.post(i, [&loops, i, version] { loops[i]->use_version(*version); });
  log.info("client version read again", {{"version", version->str()}});
}

/// All sessions of a bucket live on one loop, so that one script renews the bucket. Mixed, because the shards that are
/// ours may have numbers of one parity, and bucket and shard come from the same hash.
std::size_t loop_of(std::uint8_t bucket, std::size_t loops) noexcept {
  return ((bucket * 2654435761U) >> 16) % loops;
}

/// Runs one task on every loop. Waiting for them may end before they do.
class OnAll {
 public:
  OnAll(net::IoThreads& threads, Loops& loops, awaitable<void> (*task)(Loop&)) : state_(std::make_shared<State>()) {
    state_->running = loops.size();
    for (std::size_t i = 0; i < loops.size(); ++i) {
      asio::co_spawn(threads.at(i), task(*loops[i]), [state = state_](std::exception_ptr) {
        const std::lock_guard lock(state->mutex);
        --state->running;
        state->changed.notify_all();
      });
    }
  }
  /// Whether all have ended by then.
  bool ended_by(Clock::time_point until) {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_until(lock, until, [this] { return state_->running == 0; });
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t running = 0;
  };
  std::shared_ptr<State> state_;
};

std::string client_id(const kafka::Connection& connection) {
  std::string id = connection.client_id;
  for (const auto& [name, value] : connection.properties)
    if (name == "client.id") id = value;
  return id;
}

awaitable<void> finish_commands(Loop& loop) {
  return loop.lines().finish_commands();
}
awaitable<void> hand_over(Loop& loop) {
  return loop.lines().handed_over();
}
awaitable<void> stop(Loop& loop) {
  return loop.stop();
}

}  // namespace

int run_worker(const settings::Values& values, const RereadSettings& reread, telemetry::Log& log) {
  std::signal(SIGPIPE, SIG_IGN);
  auto made = make_setup(values);
  if (const auto* wrong = std::get_if<std::string>(&made)) {
    std::fprintf(stderr, "%s\n", wrong->c_str());
    return 2;
  }
  Setup& setup = *std::get<std::unique_ptr<Setup>>(made);
  std::string problem;
  const kafka::Connection connection = kafka_connection(values, problem);
  if (!problem.empty()) {
    std::fprintf(stderr, "%s\n", problem.c_str());
    return 2;
  }
  const kafka::Topics topics(values.text("topic-prefix"));
  const std::string group = values.text("group-id");
  telemetry::Metrics registry;
  WorkerMetrics metrics(registry);

  // Health and signals first, so that somebody answers and no signal is missed whatever the rest waits for.
  Health health;
  auto opened = Front::start(values.text("http-listen"), health, registry);
  if (const auto* wrong = std::get_if<std::string>(&opened)) {
    std::fprintf(stderr, "http-listen %s: %s\n", values.text("http-listen").c_str(), wrong->c_str());
    return 2;
  }
  auto front = std::get<std::unique_ptr<Front>>(std::move(opened));

  if (const std::string unfit = unfit_store(setup.loops.redis); !unfit.empty()) {
    std::fprintf(stderr, "%s\n", unfit.c_str());
    log.error("Redis is not fit for use", {{"error", unfit}});
    return 2;
  }
  const auto facts = examine_kafka(connection, group, topics, log, [&](const std::string& trouble) {
    health.ask_kafka([trouble] { return "Kafka cannot be used: " + trouble; });
    return !front->wait_for_end(1s);
  });
  if (!facts) return 0;
  setup.loops.committed_offsets = facts->committed_offsets;
  kafka::Producer::Settings producing;
  producing.connection = connection;
  auto producer = kafka::Producer::start(std::move(producing), log, registry);
  if (const auto* wrong = std::get_if<kafka::Problem>(&producer)) {
    std::fprintf(stderr, "%s\n", wrong->what.c_str());
    return 2;
  }
  kafka::Producer& producing_to = *std::get<std::unique_ptr<kafka::Producer>>(producer);
  const auto format =
      values.text("event-format") == "json" ? EventPublisher::Format::json : EventPublisher::Format::protobuf;
  EventPublisher events(producing_to, topics, format, "/linekeeper/" + setup.loops.rules.worker_id, log, registry);

  const std::size_t count =
      values.is_set("threads") ? values.number("threads") : std::max(1U, std::thread::hardware_concurrency());
  net::IoThreads threads(count);
  ConnectPace pace(values.rate("connect-rate"));
  LoginWatch logins(setup.logins);
  Loops loops;
  DecodeRules decoding;
  if (values.is_set("default-country")) decoding.default_country = std::to_string(values.number("default-country"));
  Lines lines;
  lines.assigned = [&](std::vector<std::int32_t> shards, std::int32_t of) {
    for (std::size_t i = 0; i < loops.size(); ++i)
      threads.post(i, [&loops, i, shards, of] { loops[i]->lines().assigned(shards, of); });
  };
  lines.revoked = [&](std::vector<std::int32_t> shards, bool lost) {
    for (std::size_t i = 0; i < loops.size(); ++i)
      threads.post(i, [&loops, i, shards, lost] { loops[i]->lines().revoked(shards, lost); });
  };
  lines.submit = [&](Command command) {
    const std::size_t at = loop_of(auth::bucket_of(command.session_id), count);
    auto shared = std::make_shared<Command>(std::move(command));
    threads.post(at, [&loops, at, shared] { loops[at]->lines().submit(std::move(*shared)); });
  };
  Router router(topics, std::move(decoding), std::move(lines), producing_to, log, registry);
  health.ask_kafka([&router] { return router.trouble(); });
  for (std::size_t i = 0; i < count; ++i) {
    setup.loops.names_worker = i == 0;
    loops.push_back(std::make_unique<Loop>(
        threads.at(i).get_executor(), setup.loops, events, pace, logins,
        [&router](const kafka::Ticket& ticket) { router.finish(ticket); },
        [i, count](std::uint8_t bucket) { return loop_of(bucket, count) == i; }, log, metrics));
    loops[i]->on_store_changed(
        [&health, i](bool usable, const std::string& trouble) { health.set_store(i, usable, trouble); });
    health.set_store(i, false, "Redis has not answered yet.");
  }
  for (std::size_t i = 0; i < count; ++i)
    threads.post(i, [&loops, i] { loops[i]->start(); });

  kafka::Consumer::Settings consuming;
  consuming.connection = connection;
  consuming.group_id = group;
  const auto commands = topics.commands();
  consuming.topics = {commands.begin(), commands.end()};
  auto consumer = kafka::Consumer::start(std::move(consuming), router, log, registry);
  if (const auto* wrong = std::get_if<kafka::Problem>(&consumer)) {
    std::fprintf(stderr, "%s\n", wrong->what.c_str());
    OnAll(threads, loops, stop).ended_by(Clock::now() + 5s);
    threads.stop();
    return 2;
  }
  kafka::Consumer& reading = *std::get<std::unique_ptr<kafka::Consumer>>(consumer);
  router.use(reading);
  front->on_hangup([&] {
    reload_ring(values, threads, loops, log);
    if (const auto now = reread()) reload_version(*now, threads, loops, log);
  });
  log.info("worker started", {{"worker", setup.loops.rules.worker_id},
                              {"threads", count},
                              {"health", "http://" + front->address() + "/readyz"}});

  const kafka::Admin admin(connection, log);
  Patrol patrol(admin, client_id(connection), group, topics.pair, reading, logins, health, log, registry);
  while (!front->wait_for_end(1s))
    patrol.check();

  const std::chrono::milliseconds timeout = values.duration("drain-timeout");
  const auto until = Clock::now() + timeout;
  const auto close_at = until - std::min<std::chrono::milliseconds>(timeout / 4, 5s);
  log.info("draining", {{"within_ms", timeout}});
  health.draining = true;
  reading.stop_intake();
  OnAll(threads, loops, finish_commands).ended_by(close_at);
  // From here on the shards are others', who ask for the lines one by one; if anybody is there.
  reading.close(std::min<std::chrono::milliseconds>(until_then(close_at) / 2, 5s));
  OnAll handing_over(threads, loops, hand_over);
  while (!handing_over.ended_by(std::min(close_at, Clock::now() + 500ms)) && Clock::now() < close_at) {
    const auto others = admin.members(group, std::min<std::chrono::milliseconds>(until_then(close_at, 1ms), 2s));
    if (const auto* members = std::get_if<0>(&others); members != nullptr && members->empty()) break;
  }
  const bool clean = OnAll(threads, loops, stop).ended_by(until);
  if (!clean) {
    log.warn("drain-timeout passed: what is left ends without its events");
    events.stop();
    // Leases run out by themselves; a process that hangs would be worse than one that is gone.
  }
  producing_to.flush(until_then(until, 1s));
  front->on_hangup({});
  // Its completions reach into the router, the consumer and the loops: it ends while they are there.
  std::get<std::unique_ptr<kafka::Producer>>(producer).reset();
  log.info("worker stopped");
  if (!clean) std::_Exit(1);
  threads.finish();
  front.reset();
  return 0;
}

}  // namespace linekeeper::worker
