#include "hooks/replay.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdio>
#include <map>
#include <set>

#include "hooks/courier.hpp"
#include "hooks/webhooks.hpp"
#include "linekeeper/endpoints/endpoints.hpp"
#include "linekeeper/kafka/consumer.hpp"
#include "linekeeper/telemetry/metrics.hpp"

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;

constexpr auto kJoin = 60s;         ///< Until Kafka has given us the topic.
constexpr auto kGiveUpAfter = 15s;  ///< Whoever waits at a shell wants to know soon.
constexpr auto kLeave = 20s;        ///< For the commit: without it the next replay does all again.
constexpr auto kDelivery = 10s;     ///< Of a record that is parked again.

int refuse(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  return 2;
}

/// Everything lives on one event loop, but for Kafka's threads.
class Replay : kafka::ConsumerListener {
 public:
  Replay(boost::asio::io_context& io, std::string topic, kafka::Producer& producer, telemetry::Log& log)
      : io_(io), topic_(std::move(topic)), producer_(producer), log_(log), limit_(io) {}

  std::string start(HookSetup setup, kafka::Connection connection, telemetry::Metrics& metrics) {
    setup.courier.policy.give_up_after =
        std::min<DeliveryQueue::Duration>(setup.courier.policy.give_up_after, kGiveUpAfter);
    for (Hook& hook : setup.hooks) {
      const std::string id = hook.id;
      auto made = Courier::make(io_.get_executor(), std::move(hook), setup.courier, producer_, log_, metrics,
                                [this](const kafka::Ticket& ticket, Courier::End how) { ended(ticket, how); });
      if (auto* wrong = std::get_if<std::string>(&made)) return std::move(*wrong);
      couriers_.emplace(id, std::get<std::unique_ptr<Courier>>(std::move(made)));
    }
    kafka::Consumer::Settings settings;
    settings.connection = std::move(connection);
    settings.group_id = setup.group + "-replay";
    settings.topics = {topic_};
    auto started = kafka::Consumer::start(std::move(settings), *this, log_, metrics);
    if (auto* problem = std::get_if<kafka::Problem>(&started)) return std::move(problem->what);
    consumer_ = std::get<std::unique_ptr<kafka::Consumer>>(std::move(started));
    limit_.expires_after(kJoin);
    limit_.async_wait([this](const boost::system::error_code& error) {
      if (!error && shards_.empty()) fail("Kafka has not given the parking topic to us within a minute");
    });
    return {};
  }

  void stop() {
    for (const auto& [id, courier] : couriers_)
      courier->stop();
    if (!consumer_->close(kLeave)) failed_ = true;
  }

  void fail(const std::string& why) {
    std::fprintf(stderr, "%s%s%s\n", why.c_str(), trouble_.empty() ? "." : ": ", trouble_.c_str());
    failed_ = true;
    io_.stop();
  }

  int report() const {
    std::printf("%zu delivered, %zu parked again, %zu unreadable\n", delivered_, parked_, unreadable_);
    return failed_ || parked_ > 0 || unreadable_ > 0 ? 1 : 0;
  }

 private:
  // kafka::ConsumerListener, on the consumer's thread

  void assigned(std::span<const std::int32_t> shards) override {
    boost::asio::post(io_, [this, ours = std::set<std::int32_t>(shards.begin(), shards.end())] {
      shards_.insert(ours.begin(), ours.end());
      limit_.cancel();
    });
  }
  void revoked(std::span<const std::int32_t> shards, bool) override {
    boost::asio::post(io_, [this, gone = std::set<std::int32_t>(shards.begin(), shards.end())] {
      for (const auto shard : gone)
        shards_.erase(shard);
      for (const auto& [id, courier] : couriers_)
        courier->drop([&](const kafka::Ticket& ticket) { return gone.contains(ticket.partition); });
      if (shards_.empty()) fail("another replay has taken all of the parking topic");
    });
  }
  void received(kafka::Record record) override {
    auto parked = std::make_shared<std::optional<Parked>>(parked_of(record));
    boost::asio::post(io_, [this, parked, ticket = record.ticket] {
      // Written since the start, perhaps by us: left for the next time.
      if (done_.contains(ticket.partition)) return;
      take(std::move(*parked), ticket);
    });
  }
  void caught_up(std::uint16_t, std::int32_t shard) override {
    boost::asio::post(io_, [this, shard] {
      done_.insert(shard);
      end_if_done();
    });
  }
  void trouble(const kafka::Problem& trouble) override {
    boost::asio::post(io_, [this, what = trouble.what] { trouble_ = what; });
  }

  // On the loop

  void take(std::optional<Parked> parked, const kafka::Ticket& ticket) {
    if (!parked) {
      ++unreadable_;
      consumer_->finish(ticket);
      return;
    }
    ++open_;
    const auto found = couriers_.find(parked->endpoint);
    if (found == couriers_.end()) return park_again(std::move(*parked), ticket);
    found->second->put(std::move(parked->event), ticket, parked->attempts);
  }

  /// Its endpoint is not in the file any more, or not yet again.
  void park_again(Parked parked, const kafka::Ticket& ticket) {
    log_.warn("an endpoint of a parked event is not in webhooks-file", {{"endpoint", parked.endpoint}});
    const auto sent =
        producer_.send(record_of(topic_, std::move(parked)), [this, ticket](const kafka::Delivery& answer) {
          boost::asio::post(io_, [this, ticket, kept = !answer.error] {
            if (!kept) return fail("an event could not be parked again");
            ended(ticket, Courier::End::parked);
          });
        });
    if (!sent) fail("an event could not be parked again");
  }

  void ended(const kafka::Ticket& ticket, Courier::End how) {
    --open_;
    if (how == Courier::End::delivered) ++delivered_;
    if (how == Courier::End::parked) ++parked_;
    consumer_->finish(ticket);
    end_if_done();
  }

  void end_if_done() {
    const bool all = !shards_.empty() && std::ranges::includes(done_, shards_);
    if (all && open_ == 0) io_.stop();
  }

  boost::asio::io_context& io_;
  const std::string topic_;
  kafka::Producer& producer_;
  telemetry::Log& log_;
  boost::asio::steady_timer limit_;
  std::map<std::string, std::unique_ptr<Courier>> couriers_;
  std::set<std::int32_t> shards_;
  std::set<std::int32_t> done_;
  std::string trouble_;
  std::size_t open_ = 0;
  std::size_t delivered_ = 0;
  std::size_t parked_ = 0;
  std::size_t unreadable_ = 0;
  bool failed_ = false;
  std::unique_ptr<kafka::Consumer> consumer_;  ///< Last: its thread calls us.
};

}  // namespace

int replay_webhooks(const settings::Values& values, telemetry::Log& log) {
  std::signal(SIGPIPE, SIG_IGN);
  const kafka::Topics topics(values.text("topic-prefix"));
  auto made = hook_setup(values, topics);
  if (const auto* wrong = std::get_if<std::string>(&made)) return refuse(*wrong);
  HookSetup setup = std::get<HookSetup>(std::move(made));
  if (setup.hooks.empty()) return refuse("webhooks-file names the endpoints, and is not set or names none.");
  std::string problem;
  kafka::Connection connection = endpoints::kafka_connection(values, problem);
  if (!problem.empty()) return refuse(problem);
  connection.client_id = "linekeeper-control";

  telemetry::Metrics metrics;
  kafka::Producer::Settings producing;
  producing.connection = connection;
  producing.delivery_timeout = kDelivery;
  auto producer = kafka::Producer::start(std::move(producing), log, metrics);
  if (const auto* wrong = std::get_if<kafka::Problem>(&producer)) return refuse(wrong->what);

  boost::asio::io_context io(1);
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  Replay replay(io, topics.parked, *std::get<std::unique_ptr<kafka::Producer>>(producer), log);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) replay.fail("stopped");
  });
  if (const std::string wrong = replay.start(std::move(setup), std::move(connection), metrics); !wrong.empty())
    return refuse(wrong);
  io.run();
  replay.stop();
  // Its last answers go to the loop, which has to be there for them.
  std::get<std::unique_ptr<kafka::Producer>>(producer).reset();
  return replay.report();
}

}  // namespace linekeeper::control
