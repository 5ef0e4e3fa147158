#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>

#include "clock.hpp"
#include "command/command.hpp"
#include "line/line_context.hpp"
#include "line/line_events.hpp"
#include "line/line_journal.hpp"
#include "linekeeper/kafka/producer.hpp"
#include "support/redis_server.hpp"
#include "support/run.hpp"
#include "support/wait_until.hpp"

namespace linekeeper::worker {

/// What the desks of one line work with: a real store under a real lease, and a Kafka that does not answer, so that
/// nothing is ever published.
class DeskTest : public testing::Test, public LeaseHolder {
 protected:
  DeskTest() {
    redis::Connection::Settings settings;
    settings.url = *net::Url::parse(server.url());
    redis = std::make_unique<redis::Connection>(loop.get_executor(), std::move(settings));
    auth::LeaseTable::Settings lease;
    leases = std::make_unique<LeaseKeeper>(loop.get_executor(), *redis, "w/1", lease, log, metrics);
    seeker = std::make_unique<LeaseSeeker>(loop.get_executor(), *redis, "w/1", lease.ttl, pace, metrics);
    store = std::make_unique<StoreWatch>(loop.get_executor(), *redis, ring, lease.ttl, false, log, metrics);
    kafka::Producer::Settings nowhere;
    nowhere.connection.brokers = "127.0.0.1:1";
    auto made = kafka::Producer::start(std::move(nowhere), log, metrics);
    producer = std::move(std::get<std::unique_ptr<kafka::Producer>>(made));
    events = std::make_unique<EventPublisher>(*producer, kafka::Topics("t."), EventPublisher::Format::json, "/w", log,
                                              metrics);
    context.reset(new LineContext{
        loop.get_executor(), *redis, *leases, *seeker, admission, *store, *events, pace, logins, rules, wire, ring,
        [this](const kafka::Ticket& ticket) { finished.push_back(ticket.offset); }, log, worker_metrics, guards});
    redis->start();
    leases->start();
    EXPECT_TRUE(until([this] { return redis->connected(); }));
    auto acquired = run(leases->acquire("shop", 1, *this));
    journal = std::make_unique<LineJournal>(*redis, ring, "shop", acquired.value(), *leases);
    line_events = std::make_unique<LineEvents>("shop", journal->token(), "w");
  }
  ~DeskTest() override {
    give_up_publishing();
    producer.reset();
    journal->close();
    run(journal->settled());
    run(leases->stop());
    run(redis->stop());
  }

  void lease_lost() override {}
  void lease_wanted(const auth::Wanted&) override {}

  template <typename T>
  T run(awaitable<T> work) {
    return test::run(loop, std::move(work));
  }
  /// Lets things happen until `holds`.
  template <typename Condition>
  [[nodiscard]] bool until(Condition holds) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    loop.restart();
    while (!holds() && std::chrono::steady_clock::now() < limit)
      loop.run_one_for(std::chrono::milliseconds(20));
    return holds();
  }

  /// Nobody waits for Kafka any more.
  void give_up_publishing() { line_events->patience()->end(); }

  static Command send(std::string id, std::int64_t offset, std::string text = "hello") {
    Command command;
    command.session_id = "shop";
    command.head.command_id = std::move(id);
    command.head.origin = {"t.commands.send", 0, offset, unix_ms()};
    command.ticket.offset = offset;
    v1::SendCommand body;
    body.set_to("491701234567");
    body.set_text(std::move(text));
    command.body = std::move(body);
    return command;
  }

  test::RedisServer server;
  boost::asio::io_context loop;
  telemetry::Log log;
  telemetry::Metrics metrics;
  WorkerMetrics worker_metrics{metrics};
  LineRules rules;
  transport::LineSettings wire;
  ConnectPace pace{std::nullopt};
  Admission admission{8};
  LoginWatch logins{LoginWatch::Settings()};
  StateGuards guards;
  std::shared_ptr<const auth::KeyRing> ring =
      std::make_shared<const auth::KeyRing>(std::vector<auth::KeyRing::Key>{{"k1", SecretKey32(Key32{})}});
  std::vector<std::int64_t> finished;  ///< Offsets of tickets that were given back.
  std::unique_ptr<redis::Connection> redis;
  std::unique_ptr<LeaseKeeper> leases;
  std::unique_ptr<LeaseSeeker> seeker;
  std::unique_ptr<StoreWatch> store;
  std::unique_ptr<kafka::Producer> producer;
  std::unique_ptr<EventPublisher> events;
  std::unique_ptr<LineContext> context;
  std::unique_ptr<LineJournal> journal;
  std::unique_ptr<LineEvents> line_events;
};

}  // namespace linekeeper::worker
