#include <thread>

#include "kafka_fixture.hpp"

namespace linekeeper::kafka {
namespace {

using OutageTest = KafkaTest;

/// Sends `count` numbered records in the background while the broker comes and goes.
class Stream {
 public:
  Stream(Producer& to, const std::string& topic, int count)
      : thread_([this, &to, topic, count] {
          for (int i = 0; i < count; ++i) {
            const auto sent = to.send({topic, "shop", to_bytes(std::to_string(i))}, [this](const Delivery& delivery) {
              if (delivery.error) ++failed;
            });
            if (!sent) ++failed;
            ++begun;
            std::this_thread::sleep_for(2ms);
          }
        }) {}
  ~Stream() { thread_.join(); }
  std::atomic<int> begun{0};
  std::atomic<int> failed{0};

 private:
  std::thread thread_;
};

void expect_each_once_in_order(const std::vector<Record>& records, int count) {
  ASSERT_EQ(records.size(), static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    EXPECT_EQ(as_text(records[static_cast<std::size_t>(i)].payload), std::to_string(i));
}

TEST_F(OutageTest, AKilledBrokerLosesNothingAndDoublesNothing) {
  create_topics(2);
  constexpr int kCount = 1000;
  Collector collector;
  auto reader = consumer(collector);
  auto writer = producer();
  std::atomic<Consumer*> finish_with = reader.get();
  collector.look(
      [&] { collector.on_record = [&](const Record& record) { finish_with.load()->finish(record.ticket); }; });
  ASSERT_TRUE(collector.until([&] { return collector.complete.size() == 8; }));
  {
    Stream stream(*writer, topics.send, kCount);
    ASSERT_TRUE(collector.until([&] { return collector.records.size() > 100; }));
    test::KafkaEnvironment::broker().kill();
    ASSERT_TRUE(collector.until([&] { return collector.last_trouble.code == Errc::kafka_unavailable; }));
    EXPECT_FALSE(reader->healthy());
    test::KafkaEnvironment::broker().restart();
    ASSERT_TRUE(collector.until([&] { return collector.records.size() >= kCount; }, 60s));
    EXPECT_EQ(stream.failed, 0);
  }
  ASSERT_TRUE(writer->flush(30s));
  expect_each_once_in_order(collector.records, kCount);
  ASSERT_TRUE(collector.until([&] { return !collector.last_trouble.code; }));
  EXPECT_TRUE(reader->close(20s));
}

TEST_F(OutageTest, APositionCommittedBeforeTheKillHoldsAfterIt) {
  create_topics(1);
  auto writer = producer();
  for (int i = 0; i < 5; ++i)
    ASSERT_FALSE(deliver(*writer, {topics.send, "shop", to_bytes(std::to_string(i))}).error);
  {
    Collector collector;
    auto reader = consumer(collector);
    ASSERT_TRUE(collector.until([&] { return collector.records.size() == 5; }));
    for (int i = 0; i < 3; ++i)
      reader->finish(collector.records[static_cast<std::size_t>(i)].ticket);
    ASSERT_TRUE(reader->close(10s));
  }
  test::KafkaEnvironment::broker().kill();
  test::KafkaEnvironment::broker().restart();
  Collector collector;
  auto reader = consumer(collector);
  ASSERT_TRUE(collector.until([&] { return collector.records.size() == 2; }));
  EXPECT_EQ(as_text(collector.records[0].payload), "3");
  EXPECT_EQ(as_text(collector.records[1].payload), "4");
}

TEST_F(OutageTest, StartsWithoutABrokerAndBeginsWhenOneComes) {
  create_topics(1);
  test::KafkaEnvironment::broker().stop();
  Collector collector;
  auto reader = consumer(collector);
  auto writer = producer();
  std::atomic<bool> delivered{false};
  ASSERT_TRUE(writer->send({topics.send, "shop", to_bytes("hello")}, [&](const Delivery& d) { delivered = !d.error; }));
  ASSERT_TRUE(collector.until([&] { return collector.last_trouble.code == Errc::kafka_unavailable; }));
  test::KafkaEnvironment::broker().restart();
  ASSERT_TRUE(collector.until([&] { return collector.records.size() == 1; }));
  EXPECT_TRUE(delivered);
}

TEST_F(OutageTest, ClosingEndsInTimeThoughTheBrokerIsAway) {
  create_topics(1);
  Collector collector;
  auto reader = consumer(collector);
  ASSERT_TRUE(collector.until([&] { return collector.owned.size() == 1; }));
  test::KafkaEnvironment::broker().kill();
  const auto begin = std::chrono::steady_clock::now();
  reader->close(2s);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_TRUE(collector.owned.empty());
  test::KafkaEnvironment::broker().restart();
}

TEST_F(OutageTest, AMemberWhoseBrokerFrozeLosesItsShardsAndGetsThemBack) {
  create_topics(1);
  Collector collector;
  auto reader = consumer(collector);
  ASSERT_TRUE(collector.until([&] { return collector.owned.size() == 1; }));
  test::KafkaEnvironment::broker().freeze();
  const bool lost = collector.until([&] { return collector.lost; }, 20s);
  test::KafkaEnvironment::broker().thaw();
  EXPECT_TRUE(lost) << "the session timeout passed";
  EXPECT_TRUE(collector.until([&] { return collector.owned.size() == 1; }));
}

}  // namespace
}  // namespace linekeeper::kafka
