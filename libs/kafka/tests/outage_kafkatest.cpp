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

class KilledBrokerTest : public KafkaTest {
 protected:
  static constexpr int kCount = 1000;

  /// A broker dies in the middle of a stream of numbered records and comes back; all of them are read in the end.
  void kill_amid_stream(const std::string& session_timeout_ms) {
    create_topics(2);
    auto reader = consumer(collector, [&](Consumer::Settings& settings) {
      settings.connection.properties.emplace_back("session.timeout.ms", session_timeout_ms);
    });
    auto writer = producer();
    collector.look([&] { collector.on_record = [&](const Record& record) { reader->finish(record.ticket); }; });
    ASSERT_TRUE(collector.until([&] { return collector.complete.size() == 8; }));
    {
      Stream stream(*writer, topics.send, kCount);
      ASSERT_TRUE(collector.until([&] { return collector.records.size() > 100; }));
      test::KafkaEnvironment::broker().kill();
      EXPECT_TRUE(collector.until([&] { return collector.last_trouble.code == Errc::kafka_unavailable; }));
      EXPECT_TRUE(collector.until([&] { return !reader->healthy(); }));
      test::KafkaEnvironment::broker().restart();
      EXPECT_TRUE(collector.until(
          [&] {
            return !collector.records.empty() &&
                   as_text(collector.records.back().payload) == std::to_string(kCount - 1);
          },
          60s));
      EXPECT_EQ(stream.failed, 0);
    }
    EXPECT_TRUE(writer->flush(30s));
    EXPECT_TRUE(collector.until([&] { return !collector.last_trouble.code; }));
    EXPECT_TRUE(reader->close(20s));
  }

  Collector collector;
};

TEST_F(KilledBrokerTest, LosesNothingAndDoublesNothingWhileMembershipLasts) {
  kill_amid_stream("300000");  // however long a busy machine takes to start a broker
  expect_each_once_in_order(collector.records, kCount);
}

TEST_F(KilledBrokerTest, LosesNothingThoughMembershipEnds) {
  kill_amid_stream("1000");
  EXPECT_TRUE(collector.lost);
  // What was not committed is read again, in order from there on: gaps never, steps back as often as the shards moved.
  std::set<int> seen;
  int before = -1;
  for (const Record& record : collector.records) {
    const int number = std::stoi(to_text(record.payload));
    EXPECT_LE(number, before + 1) << "a gap";
    seen.insert(number);
    before = number;
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kCount));
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
