#include "worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "health.hpp"
#include "intake/router.hpp"
#include "linekeeper/http/server.hpp"
#include "linekeeper/kafka/admin.hpp"
#include "linekeeper/kafka/consumer.hpp"
#include "linekeeper/kafka/producer.hpp"
#include "linekeeper/net/io_threads.hpp"
#include "loop/loop.hpp"
#include "setup.hpp"

namespace linekeeper::worker {
namespace {

using namespace std::chrono_literals;

/// Looks at the topics once, for the log and for the store's evidence. False offsets are the safe side: a new store.
bool examine_kafka(const kafka::Connection& connection, const settings::Values& values, const kafka::Topics& topics,
                   telemetry::Log& log) {
  if (const auto warning = kafka::library_warning(connection)) log.warn(*warning);
  const kafka::Admin admin(connection, log);
  const auto names = topics.all();
  const auto states = admin.describe({names.begin(), names.end()}, 10s);
  if (const auto* found = std::get_if<std::vector<kafka::TopicState>>(&states)) {
    for (const std::string& sentence : kafka::examine(topics, *found).sentences)
      log.warn(sentence);
  } else {
    log.warn("Kafka does not answer yet", {{"error", std::get<kafka::Problem>(states).what}});
  }
  const auto offsets = admin.has_committed_offsets(values.text("group-id"), {names.begin(), names.end()}, 10s);
  const bool* const some = std::get_if<bool>(&offsets);
  return some != nullptr && *some;
}

/// SIGHUP: the key ring is read again. A file that is refused changes nothing.
void reload_ring(const settings::Values& values, net::IoThreads& threads, std::vector<std::unique_ptr<Loop>>& loops,
                 telemetry::Log& log) {
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

/// Runs `Loop::stop` of every loop on its own thread and tells whether all ended in time.
bool stop_loops(net::IoThreads& threads, std::vector<std::unique_ptr<Loop>>& loops,
                std::chrono::steady_clock::time_point until) {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t running = loops.size();
  for (std::size_t i = 0; i < loops.size(); ++i) {
    asio::co_spawn(threads.at(i), loops[i]->stop(), [&](std::exception_ptr) {
      const std::lock_guard lock(mutex);
      --running;
      changed.notify_all();
    });
  }
  std::unique_lock lock(mutex);
  return changed.wait_until(lock, until, [&] { return running == 0; });
}

}  // namespace

int create_topics(const settings::Values& values, telemetry::Log& log) {
  std::string problem;
  const kafka::Connection connection = kafka_connection(values, problem);
  if (!problem.empty()) {
    std::fprintf(stderr, "%s\n", problem.c_str());
    return 2;
  }
  const kafka::Topics topics(values.text("topic-prefix"));
  const auto specs = kafka::topic_specs(topics, std::int32_t(values.number("topic-partitions")),
                                        std::int16_t(values.number("topic-replication-factor")));
  const auto created = kafka::Admin(connection, log).create(specs, 30s);
  if (const auto* wrong = std::get_if<kafka::Problem>(&created)) {
    std::fprintf(stderr, "topics create: %s\n", wrong->what.c_str());
    return 1;
  }
  for (const auto& topic : std::get<std::vector<kafka::Admin::Created>>(created)) {
    std::printf("%-40s %s\n", topic.topic.c_str(), topic.existed ? "was there already" : "created");
  }
  return 0;
}

int accept_store(const settings::Values& values, telemetry::Log& log) {
  auto made = make_setup(values);
  if (const auto* wrong = std::get_if<std::string>(&made)) {
    std::fprintf(stderr, "%s\n", wrong->c_str());
    return 2;
  }
  Setup& setup = *std::get<std::unique_ptr<Setup>>(made);
  asio::io_context io(1);
  redis::Connection redis(io.get_executor(), setup.loops.redis);
  redis.on_trouble([&](const redis::Trouble& trouble) { log.warn("Redis cannot be used", {{"error", trouble.text}}); });
  int code = 1;
  const auto accept = [&]() -> awaitable<void> {
    auth::StoreMarker marker(redis, setup.ring);
    const auto done = co_await marker.create();
    if (done) {
      std::printf("The store is accepted as it is: workers use it from now on.\n");
      code = 0;
    } else {
      std::fprintf(stderr, "store accept: %s\n", done.error().message().c_str());
    }
    co_await redis.stop();
  };
  redis.start();
  asio::co_spawn(io, accept(), asio::detached);
  io.run();
  return code;
}

int run_worker(const settings::Values& values, telemetry::Log& log) {
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
  telemetry::Metrics registry;
  WorkerMetrics metrics(registry);

  // Signals first, so that one that comes early is not missed.
  asio::io_context main_io(1);
  asio::signal_set signals(main_io, SIGTERM, SIGINT);
  Health health;
  auto http = http::Server::start(main_io.get_executor(), values.text("http-listen"),
                                  [&](http::Request request) { return answer(std::move(request), health, registry); });
  if (!http) {
    std::fprintf(stderr, "http-listen %s: %s\n", values.text("http-listen").c_str(), http.error().message().c_str());
    return 2;
  }

  setup.loops.committed_offsets = examine_kafka(connection, values, topics, log);
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
  std::vector<std::unique_ptr<Loop>> loops;
  DecodeRules decoding;
  if (values.is_set("default-country")) decoding.default_country = std::to_string(values.number("default-country"));
  Lines lines;
  lines.assigned = [&](std::vector<std::int32_t> shards, std::int32_t of) {
    for (std::size_t i = 0; i < loops.size(); ++i)
      threads.post(i, [&loops, i, shards, of] { loops[i]->lines().assigned(shards, of); });
  };
  lines.revoked = [&](std::vector<std::int32_t> shards) {
    for (std::size_t i = 0; i < loops.size(); ++i)
      threads.post(i, [&loops, i, shards] { loops[i]->lines().revoked(shards); });
  };
  lines.submit = [&](Command command) {
    const std::size_t at = threads.index_of(command.session_id);
    auto shared = std::make_shared<Command>(std::move(command));
    threads.post(at, [&loops, at, shared] { loops[at]->lines().submit(std::move(*shared)); });
  };
  Router router(topics, std::move(decoding), std::move(lines), producing_to, log, registry);
  health.kafka = [&] { return router.trouble(); };
  for (std::size_t i = 0; i < count; ++i) {
    loops.push_back(std::make_unique<Loop>(
        threads.at(i).get_executor(), setup.loops, events, pace,
        [&router](const kafka::Ticket& ticket) { router.finish(ticket); },
        [&threads, i](std::string_view session) { return threads.index_of(session) == i; }, log, metrics));
    loops[i]->on_store_changed(
        [&health, i](bool usable, const std::string& trouble) { health.set_store(i, usable, trouble); });
    health.set_store(i, false, "Redis has not answered yet.");
  }
  for (std::size_t i = 0; i < count; ++i)
    threads.post(i, [&loops, i] { loops[i]->start(); });

  kafka::Consumer::Settings consuming;
  consuming.connection = connection;
  consuming.group_id = values.text("group-id");
  const auto commands = topics.commands();
  consuming.topics = {commands.begin(), commands.end()};
  auto consumer = kafka::Consumer::start(std::move(consuming), router, log, registry);
  if (const auto* wrong = std::get_if<kafka::Problem>(&consumer)) {
    std::fprintf(stderr, "%s\n", wrong->what.c_str());
    stop_loops(threads, loops, std::chrono::steady_clock::now() + 5s);
    threads.stop();
    return 2;
  }
  kafka::Consumer& reading = *std::get<std::unique_ptr<kafka::Consumer>>(consumer);
  router.use(reading);
  log.info("worker started", {{"worker", setup.loops.rules.worker_id},
                              {"threads", count},
                              {"health", "http://" + http->address() + "/readyz"}});

  asio::signal_set hangup(main_io, SIGHUP);
  std::function<void()> await_hangup = [&] {
    hangup.async_wait([&](const boost::system::error_code& error, int) {
      if (error) return;
      reload_ring(values, threads, loops, log);
      await_hangup();
    });
  };
  await_hangup();
  signals.async_wait([&](const boost::system::error_code&, int) { main_io.stop(); });
  main_io.run();

  const auto until = std::chrono::steady_clock::now() + values.duration("drain-timeout");
  log.info("draining", {{"within_ms", values.duration("drain-timeout")}});
  health.draining = true;
  reading.stop_intake();
  bool clean = stop_loops(threads, loops, until);
  if (!clean) {
    log.warn("drain-timeout passed: what is left ends without its events");
    events.stop();
    // Leases run out by themselves; a process that hangs would be worse than one that is gone.
  }
  const auto left = std::max<std::chrono::steady_clock::duration>(until - std::chrono::steady_clock::now(), 1s);
  producing_to.flush(std::chrono::duration_cast<std::chrono::milliseconds>(left));
  reading.close(std::chrono::duration_cast<std::chrono::milliseconds>(left));
  // Its completions reach into the router, the consumer and the loops: it ends while they are there.
  std::get<std::unique_ptr<kafka::Producer>>(producer).reset();
  log.info("worker stopped");
  if (!clean) std::_Exit(1);
  threads.finish();
  return 0;
}

}  // namespace linekeeper::worker
