#include "hooks/webhooks.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <set>
#include <thread>

#include "hooks/hook_event.hpp"
#include "linekeeper/kafka/consumer.hpp"

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBudget = 8 << 20;  ///< Bytes of records an endpoint may have in hand; the rest stays in Kafka.
constexpr auto kGrace = 5s;
constexpr auto kLeave = 3s;

}  // namespace

std::variant<HookSetup, std::string> hook_setup(const settings::Values& values, const kafka::Topics& topics) {
  HookSetup setup;
  if (!values.is_set("webhooks-file")) return setup;
  auto hooks = load_hooks(values.text("webhooks-file"));
  if (auto* refused = std::get_if<HookRefusal>(&hooks)) return "webhooks-file: " + refused->text + ".";
  setup.hooks = std::get<std::vector<Hook>>(std::move(hooks));
  setup.group = values.text("webhooks-group-id");
  setup.courier.timeout = values.duration("webhooks-timeout");
  setup.courier.parking_topic = topics.parked;
  setup.courier.policy.attempts = static_cast<unsigned>(values.number("webhooks-attempts"));
  setup.courier.policy.give_up_after = values.duration("webhooks-give-up-after");
  setup.courier.policy.backoff_most = values.duration("webhooks-backoff-max");
  return setup;
}

namespace {

/// One endpoint: its consumer's words become its courier's work.
class Lane : kafka::ConsumerListener {
 public:
  Lane(asio::any_io_executor executor, telemetry::Log& log) : executor_(std::move(executor)), log_(log) {}

  /// Errors: one sentence.
  std::string make(Hook hook, const HookSetup& setup, kafka::Producer& producer, telemetry::Metrics& metrics) {
    auto made = Courier::make(executor_, std::move(hook), setup.courier, producer, log_, metrics,
                              [this](const kafka::Ticket& ticket, Courier::End) { consumer_->finish(ticket); });
    if (auto* wrong = std::get_if<std::string>(&made)) return std::move(*wrong);
    courier_ = std::get<std::unique_ptr<Courier>>(std::move(made));
    return {};
  }

  std::string join(const HookSetup& setup, kafka::Connection connection, const kafka::Topics& topics,
                   telemetry::Metrics& metrics) {
    kafka::Consumer::Settings settings;
    settings.connection = std::move(connection);
    settings.group_id = setup.group + "." + courier_->hook().id;
    settings.topics = {topics.connection, topics.message};  // By their index: Source.
    settings.budget_bytes = kBudget;
    settings.metric_labels = {{"endpoint", courier_->hook().id}};
    auto started = kafka::Consumer::start(std::move(settings), *this, log_, metrics);
    if (auto* problem = std::get_if<kafka::Problem>(&started)) return std::move(problem->what);
    consumer_ = std::get<std::unique_ptr<kafka::Consumer>>(std::move(started));
    return {};
  }

  void stop_intake() { consumer_->stop_intake(); }
  void leave() { consumer_->close(kLeave); }
  Courier& courier() { return *courier_; }

 private:
  // kafka::ConsumerListener, on the consumer's thread

  void assigned(std::span<const std::int32_t>) override {}

  /// Whoever has them now reads them from the last commit on: what we still hold of them would arrive twice.
  void revoked(std::span<const std::int32_t> shards, bool) override {
    auto gone = std::make_shared<std::set<std::int32_t>>(shards.begin(), shards.end());
    asio::post(executor_, [this, gone] {
      const std::int32_t count = std::max(consumer_->shard_count(), 1);
      courier_->drop([&](const kafka::Ticket& ticket) { return gone->contains(ticket.partition % count); });
    });
  }

  void received(kafka::Record record) override {
    // Parsed here, on a thread that only this endpoint waits for.
    auto event = hook_event_of(record, courier_->hook().pairing);
    const bool wanted = event && wants(courier_->hook(), *event);
    auto taken = std::make_shared<std::optional<HookEvent>>(wanted ? std::move(event) : std::nullopt);
    asio::post(executor_, [this, taken, ticket = record.ticket] {
      if (*taken) return courier_->put(std::move(**taken), ticket);
      consumer_->finish(ticket);
    });
  }

  void caught_up(std::uint16_t, std::int32_t) override {}

  void trouble(const kafka::Problem& trouble) override {
    const std::string& id = courier_->hook().id;
    if (trouble.code) {
      log_.warn("webhooks cannot read events", {{"endpoint", id}, {"error", trouble.what}});
    } else {
      log_.info("webhooks read events", {{"endpoint", id}});
    }
  }

  asio::any_io_executor executor_;
  telemetry::Log& log_;
  std::unique_ptr<Courier> courier_;
  std::unique_ptr<kafka::Consumer> consumer_;  ///< Last: its thread calls us.
};

}  // namespace

struct Webhooks::Impl {
  boost::asio::io_context io{1};
  asio::executor_work_guard<boost::asio::io_context::executor_type> work = asio::make_work_guard(io);
  std::vector<std::unique_ptr<Lane>> lanes;
  boost::asio::steady_timer ending{io};
  std::thread thread;

  void end_by(std::chrono::steady_clock::time_point limit) {
    const bool idle = std::ranges::all_of(lanes, [](const auto& lane) { return lane->courier().idle(); });
    if (idle || std::chrono::steady_clock::now() >= limit) {
      io.stop();
      return;
    }
    ending.expires_after(20ms);
    ending.async_wait([this, limit](const boost::system::error_code&) { end_by(limit); });
  }
};

Webhooks::Webhooks(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

std::variant<std::unique_ptr<Webhooks>, std::string> Webhooks::start(HookSetup setup, kafka::Connection connection,
                                                                     const kafka::Topics& topics,
                                                                     kafka::Producer& producer, telemetry::Log& log,
                                                                     telemetry::Metrics& metrics) {
  auto impl = std::make_unique<Impl>();
  for (Hook& hook : setup.hooks) {
    auto lane = std::make_unique<Lane>(impl->io.get_executor(), log);
    if (auto wrong = lane->make(std::move(hook), setup, producer, metrics); !wrong.empty())
      return "webhooks-file: " + wrong + ".";
    impl->lanes.push_back(std::move(lane));
  }
  for (const auto& lane : impl->lanes)
    if (auto wrong = lane->join(setup, connection, topics, metrics); !wrong.empty()) return wrong;
  // Only now: what consumers have posted meanwhile finds all of them in their places.
  impl->thread = std::thread([io = &impl->io] { io->run(); });
  return std::unique_ptr<Webhooks>(new Webhooks(std::move(impl)));
}

Webhooks::~Webhooks() {
  Impl& impl = *impl_;
  for (const auto& lane : impl.lanes)
    lane->stop_intake();
  asio::post(impl.io, [&impl] {
    for (const auto& lane : impl.lanes)
      lane->courier().stop();
    impl.end_by(std::chrono::steady_clock::now() + kGrace);
  });
  impl.thread.join();
  std::vector<std::thread> leaving;  // All at once: each waits for its brokers.
  for (const auto& lane : impl.lanes)
    leaving.emplace_back([&lane] { lane->leave(); });
  for (std::thread& thread : leaving)
    thread.join();
}

std::vector<HookStats> Webhooks::stats() const {
  std::vector<HookStats> all;
  for (const auto& lane : impl_->lanes)
    all.push_back(lane->courier().stats());
  return all;
}

}  // namespace linekeeper::control
