#include "program.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdio>
#include <functional>
#include <thread>

#include "board/event_feed.hpp"
#include "hooks/webhooks.hpp"
#include "linekeeper/http/server.hpp"
#include "linekeeper/kafka/producer.hpp"
#include "linekeeper/telemetry/metrics.hpp"
#include "rpc/rpc_server.hpp"
#include "service/control.hpp"
#include "setup.hpp"
#include "web/gateway.hpp"

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;

constexpr auto kGrace = 5s;          ///< For calls under way when the process is told to end.
constexpr auto kProbeEvery = 500ms;  ///< How often health is looked at for gRPC's health service.

int refuse(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  return 2;
}

/// SIGHUP: key ring and access files are read again. What is refused changes nothing.
void reload(const settings::Values& values, auth::LineReader& lines, Gate& gate, telemetry::Log& log) {
  auto ring = key_ring(values);
  if (auto* wrong = std::get_if<std::string>(&ring)) {
    log.error("the key ring was not read again; the one in use stays", {{"error", *wrong}});
  } else {
    lines.use(std::get<0>(std::move(ring)));
  }
  auto rules = access_rules(values);
  if (auto* wrong = std::get_if<std::string>(&rules)) {
    log.error("the access files were not read again; the rules in use stay", {{"error", *wrong}});
  } else {
    gate.use(std::get<Gate::Rules>(std::move(rules)));
  }
  log.info("key ring and access files read again");
}

Result<net::TlsContext> server_tls(const TlsFiles& files) {
  const net::Certificate certificate{files.certificate, files.key};
  if (files.client_ca.empty()) return net::TlsContext::server(certificate);
  return net::TlsContext::server(certificate, files.client_ca);
}

void again_every(boost::asio::steady_timer& timer, std::chrono::milliseconds every, const std::function<void()>& work) {
  work();
  timer.expires_after(every);
  timer.async_wait([&timer, every, work](const boost::system::error_code& error) {
    if (!error) again_every(timer, every, work);
  });
}

}  // namespace

int run_control(const settings::Values& values, telemetry::Log& log) {
  std::signal(SIGPIPE, SIG_IGN);
  auto made = make_setup(values);
  if (const auto* wrong = std::get_if<std::string>(&made)) return refuse(*wrong);
  Setup setup = std::get<Setup>(std::move(made));
  if (const auto warning = kafka::library_warning(setup.kafka)) log.warn(*warning);
  if (!setup.ring)
    log.warn("no key-ring: numbers are shown only as far as events tell them, and commands are known for an hour");
  if (!setup.tls && (setup.rules.list || setup.rules.keys)) log.warn("no TLS: tokens travel in the clear");
  const kafka::Topics topics(values.text("topic-prefix"));
  auto hooks = hook_setup(values, topics);
  if (const auto* wrong = std::get_if<std::string>(&hooks)) return refuse(*wrong);
  telemetry::Metrics metrics;

  // Signals first, so that one that comes early is not missed.
  boost::asio::io_context io(1);
  const auto executor = io.get_executor();
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  boost::asio::signal_set hangup(io, SIGHUP);

  redis::Connection redis(executor, setup.redis);
  redis.on_trouble([&](const redis::Trouble& trouble) { log.warn("Redis cannot be used", {{"error", trouble.text}}); });
  redis.on_denied([&](const std::string& what) { log.error("Redis denies us a right", {{"error", what}}); });
  kafka::Producer::Settings producing;
  producing.connection = setup.kafka;
  producing.delivery_timeout = 10s;
  auto producer = kafka::Producer::start(std::move(producing), log, metrics);
  if (const auto* wrong = std::get_if<kafka::Problem>(&producer)) return refuse(wrong->what);

  EventFeed feed(executor, log, metrics);
  auth::LineReader lines(redis, setup.ring);
  Commands commands(executor, feed, lines, *std::get<std::unique_ptr<kafka::Producer>>(producer));
  Audit audit(log, metrics);
  Control control(feed, lines, commands, topics, audit);
  Gate gate(std::move(setup.rules));
  const Health health{feed, redis};

  Gateway gateway(executor, control, gate, audit, health, metrics);
  std::unique_ptr<Webhooks> webhooks;
  gateway.show_hooks([&] { return webhooks ? webhooks->stats() : std::vector<HookStats>(); });
  http::ServerSettings serving;
  if (setup.tls) {
    auto tls = server_tls(*setup.tls);
    if (!tls) return refuse("tls-certificate, tls-key and tls-client-ca do not fit together.");
    serving.tls = std::move(*tls);
    serving.tls_only = true;
  }
  auto http = http::Server::start(
      executor, values.text("http-listen"), [&](http::Request request) { return gateway.answer(std::move(request)); },
      std::move(serving));
  if (!http) return refuse("http-listen " + values.text("http-listen") + ": " + http.error().message());
  RpcServer::Settings listening{values.text("grpc-listen"), setup.tls};
  auto started = RpcServer::start(std::move(listening), executor, control, gate, audit);
  if (const auto* wrong = std::get_if<std::string>(&started)) return refuse(*wrong);
  RpcServer& rpc = *std::get<std::unique_ptr<RpcServer>>(started);

  redis.start();
  if (const auto problem = feed.start(setup.kafka, topics)) return refuse(problem->what);
  auto delivering = Webhooks::start(std::get<HookSetup>(std::move(hooks)), setup.kafka, topics,
                                    *std::get<std::unique_ptr<kafka::Producer>>(producer), log, metrics);
  if (const auto* wrong = std::get_if<std::string>(&delivering)) return refuse(*wrong);
  webhooks = std::get<std::unique_ptr<Webhooks>>(std::move(delivering));
  boost::asio::steady_timer probe(executor);
  again_every(probe, kProbeEvery, [&] { rpc.set_serving(health.trouble().empty()); });
  log.info("control started",
           {{"http", (setup.tls ? "https://" : "http://") + http->address()}, {"grpc_port", rpc.port()}});

  std::function<void()> await_hangup = [&] {
    hangup.async_wait([&](const boost::system::error_code& error, int) {
      if (error) return;
      reload(values, lines, gate, log);
      await_hangup();
    });
  };
  await_hangup();

  std::thread ending;  // gRPC's farewell blocks, and needs the loop meanwhile.
  signals.async_wait([&](const boost::system::error_code&, int) {
    log.info("stopping");
    probe.cancel();
    rpc.set_serving(false);
    commands.stop();
    feed.wake_all();
    ending = std::thread([&] {
      rpc.stop(kGrace);
      const auto farewell = [&]() -> awaitable<void> {
        co_await http->stop(net::Deadline::after(kGrace));
        co_await redis.stop();
        feed.stop();
        hangup.cancel();
        io.stop();
      };
      boost::asio::co_spawn(io, farewell, boost::asio::detached);  // Which keeps it while it runs.
    });
  });
  io.run();
  if (ending.joinable()) ending.join();
  webhooks.reset();  // Parks what it is about to park: before the producer goes.
  std::get<std::unique_ptr<kafka::Producer>>(producer).reset();
  log.info("control stopped");
  return 0;
}

}  // namespace linekeeper::control
