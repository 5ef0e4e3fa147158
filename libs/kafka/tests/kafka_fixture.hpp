#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/kafka/admin.hpp"
#include "linekeeper/kafka/consumer.hpp"
#include "linekeeper/kafka/producer.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "linekeeper/telemetry/metrics.hpp"
#include "linekeeper/test/kafka_environment.hpp"

namespace linekeeper::kafka {

using namespace std::chrono_literals;

/// Remembers everything a consumer says; `until` waits for a condition over it.
class Collector final : public ConsumerListener {
 public:
  void assigned(std::span<const std::int32_t> shards) override {
    change([&] { owned.insert(shards.begin(), shards.end()); });
  }
  void revoked(std::span<const std::int32_t> shards, bool was_lost) override {
    change([&] {
      for (const auto shard : shards)
        owned.erase(shard);
      lost = lost || was_lost;
    });
  }
  void received(Record record) override {
    std::function<void(const Record&)> next;
    change([&] {
      records.push_back(record);
      next = on_record;
    });
    if (next) next(record);
  }
  void caught_up(std::uint16_t topic, std::int32_t shard) override {
    change([&] { complete.emplace(topic, shard); });
  }
  void resized(std::int32_t shards) override {
    change([&] { count = shards; });
  }
  void trouble(const Problem& problem) override {
    change([&] { last_trouble = problem; });
  }

  /// `condition` runs under the lock.
  bool until(const std::function<bool()>& condition, std::chrono::milliseconds within = 30s) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, within, condition);
  }
  template <typename F>
  auto look(F&& at) {
    const std::scoped_lock lock(mutex);
    return at();
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::int32_t> owned;
  std::vector<Record> records;
  std::set<std::pair<std::uint16_t, std::int32_t>> complete;
  Problem last_trouble;
  std::int32_t count = 0;  ///< Of shards, since it last changed.
  bool lost = false;
  std::function<void(const Record&)> on_record;

 private:
  template <typename F>
  void change(F&& with) {
    {
      const std::scoped_lock lock(mutex);
      with();
    }
    changed.notify_all();
  }
};

/// Topics of its own, a log that is kept, and shorthands.
class KafkaTest : public testing::Test {
 protected:
  KafkaTest() : prefix(test::KafkaEnvironment::unique(test_name())), topics(prefix), log(log_options()) {}

  Connection connection() const {
    return {test::KafkaEnvironment::broker().address(),
            {{"session.timeout.ms", "3000"}, {"heartbeat.interval.ms", "300"}},
            "test"};
  }

  void create_topics(std::int32_t partitions = 4) { create_topics(topic_specs(topics, partitions, 1)); }
  void create_topics(const std::vector<TopicSpec>& specs) {
    auto created = Admin(connection(), log).create(specs, 30s);
    if (const auto* problem = std::get_if<Problem>(&created)) FAIL() << problem->what;
  }

  std::unique_ptr<Consumer> consumer(Collector& collector, std::function<void(Consumer::Settings&)> change = {}) {
    const auto names = topics.commands();
    Consumer::Settings settings{connection(), prefix + "group", {names.begin(), names.end()}};
    settings.commit_every = 100ms;
    if (change) change(settings);
    auto made = Consumer::start(std::move(settings), collector, log, metrics);
    if (const auto* problem = std::get_if<Problem>(&made)) throw std::runtime_error(problem->what);
    return std::move(std::get<0>(made));
  }

  std::unique_ptr<Producer> producer(std::function<void(Producer::Settings&)> change = {}) {
    Producer::Settings settings{connection()};
    if (change) change(settings);
    auto made = Producer::start(std::move(settings), log, metrics);
    if (const auto* problem = std::get_if<Problem>(&made)) throw std::runtime_error(problem->what);
    return std::move(std::get<0>(made));
  }

  /// Sends and waits for the outcome.
  Delivery deliver(Producer& to, OutgoingRecord record, std::chrono::milliseconds within = 30s) {
    struct Waiting {
      std::mutex mutex;
      std::condition_variable changed;
      std::optional<Delivery> outcome;
    };
    // Shared, because the outcome of a record that took too long comes when nobody waits any more.
    const auto waiting = std::make_shared<Waiting>();
    const auto sent = to.send(std::move(record), [waiting](const Delivery& delivery) {
      const std::scoped_lock lock(waiting->mutex);
      waiting->outcome = delivery;
      waiting->changed.notify_all();
    });
    if (!sent) return {sent.error(), -1, -1, "not taken"};
    std::unique_lock lock(waiting->mutex);
    if (!waiting->changed.wait_for(lock, within, [&] { return waiting->outcome.has_value(); })) {
      throw std::runtime_error("no outcome in time");
    }
    return *waiting->outcome;
  }

  void TearDown() override {
    if (HasFailure()) std::cerr << logged();
  }

  std::string logged() {
    const std::scoped_lock lock(lines_mutex);
    return lines;
  }

  static std::string test_name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

  std::mutex lines_mutex;
  std::string lines;
  const std::string prefix;
  const Topics topics;
  telemetry::Log log;
  telemetry::Metrics metrics;

 private:
  telemetry::Log::Options log_options() {
    telemetry::Log::Options options;
    options.level = telemetry::Level::debug;
    options.sink = [this](std::string_view line) {
      const std::scoped_lock lock(lines_mutex);
      lines.append(line).append("\n");
    };
    return options;
  }
};

}  // namespace linekeeper::kafka
