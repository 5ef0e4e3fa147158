#include <algorithm>
#include <thread>

#include "kafka_fixture.hpp"
#include "linekeeper/base/murmur2.hpp"
#include "producer_core.hpp"

namespace linekeeper::kafka {
namespace {

using ProducerTest = KafkaTest;

TEST_F(ProducerTest, WhatItWritesIsReadAsItWas) {
  create_topics();
  auto writer = producer();
  OutgoingRecord record{topics.send, "shop", to_bytes(std::string_view("payload\0with zero", 17))};
  record.headers = {{"content-type", "application/json"}, {"empty", ""}, {"twice", "1"}, {"twice", "2"}};
  const Delivery delivery = deliver(*writer, record);
  ASSERT_FALSE(delivery.error) << delivery.reason;
  EXPECT_EQ(delivery.offset, 0);
  ASSERT_FALSE(deliver(*writer, {topics.pair, "", {}}).error);

  Collector collector;
  auto reader = consumer(collector);
  ASSERT_TRUE(collector.until([&] { return collector.records.size() == 2; }));
  const auto sent = std::find_if(collector.records.begin(), collector.records.end(),
                                 [&](const Record& r) { return r.topic == topics.send; });
  ASSERT_NE(sent, collector.records.end());
  EXPECT_EQ(as_text(sent->key), "shop");
  EXPECT_EQ(sent->payload, record.payload);
  EXPECT_EQ(sent->headers, record.headers);
  EXPECT_EQ(sent->id(), (RecordId{topics.send, delivery.partition, 0}));
  EXPECT_EQ(sent->timestamp_type, TimestampType::log_append);
  EXPECT_GT(sent->timestamp_ms, 1'700'000'000'000);
  EXPECT_FALSE(sent->tombstone);
}

TEST_F(ProducerTest, PlacesKeysLikeJavasProducer) {
  create_topics(7);
  auto writer = producer();
  for (const auto* key : {"shop", "shop-berlin", "a", "zürich", "0123456789abcdef"}) {
    EXPECT_EQ(deliver(*writer, {topics.send, key, {}}).partition, static_cast<std::int32_t>(murmur2(key) % 7)) << key;
  }
}

TEST_F(ProducerTest, AnExplicitPartitionWins) {
  create_topics(7);
  auto writer = producer();
  for (std::int32_t partition = 0; partition < 7; ++partition) {
    EXPECT_EQ(deliver(*writer, {topics.send, "shop", {}, {}, partition}).partition, partition);
  }
}

TEST_F(ProducerTest, RefusesByNameWhatCanNeverBeWritten) {
  create_topics();
  auto writer = producer();
  EXPECT_EQ(deliver(*writer, {topics.send, "shop", Bytes(2 << 20)}).error, Errc::kafka_refused) << "over our own limit";
  EXPECT_EQ(deliver(*writer, {topics.send, "shop", {}, {}, 99}).error, Errc::kafka_refused) << "no such partition";
}

TEST_F(ProducerTest, ABrokersRefusalHitsTheLargeRecordAlone) {
  auto specs = topic_specs(topics, 1, 1);
  for (auto& spec : specs)
    spec.config.emplace_back("max.message.bytes", "100000");
  create_topics(specs);
  auto writer =
      producer([](Producer::Settings& settings) { settings.connection.properties.emplace_back("linger.ms", "200"); });
  std::mutex mutex;
  std::vector<Delivery> ended(9);
  for (std::size_t i = 0; i < ended.size(); ++i) {
    // Random bytes, so that compression does not help.
    Bytes payload(i == 4 ? 300'000 : 30'000);
    std::uint32_t state = 1;
    for (auto& byte : payload)
      byte = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
    ASSERT_TRUE(writer->send({topics.send, "shop", std::move(payload)}, [&, i](const Delivery& delivery) {
      const std::scoped_lock lock(mutex);
      ended[i] = delivery;
    }));
  }
  ASSERT_TRUE(writer->flush(30s));
  for (std::size_t i = 0; i < ended.size(); ++i) {
    EXPECT_EQ(ended[i].error, i == 4 ? error_code(Errc::kafka_refused) : error_code()) << i << " " << ended[i].reason;
  }
}

TEST_F(ProducerTest, IsBoundedAndSaysSo) {
  Producer::Settings settings{connection()};
  settings.connection.brokers = "127.0.0.1:1";
  settings.queue_records = 10;
  auto made = Producer::start(std::move(settings), log, metrics);
  auto writer = std::move(std::get<0>(made));
  int given_back = 0;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(writer->send({topics.send, "shop", {}}, [&](const Delivery& delivery) {
      EXPECT_EQ(delivery.error, Errc::kafka_unavailable);
      ++given_back;
    }));
  }
  const auto refused = writer->send({topics.send, "shop", {}}, [](const Delivery&) { FAIL() << "was not taken"; });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Errc::kafka_queue_full);
  EXPECT_EQ(writer->waiting(), 10U);
  EXPECT_FALSE(writer->flush(50ms));
  writer.reset();
  EXPECT_EQ(given_back, 10) << "each accepted record ends exactly once";
}

TEST_F(ProducerTest, AFatalErrorLosesNothingAndKeepsTheOrder) {
  create_topics(1);
  ProducerCore writer({connection()}, log, metrics);
  ASSERT_FALSE(writer.start());
  constexpr int kCount = 600;
  std::mutex mutex;
  int delivered = 0;
  for (int i = 0; i < kCount; ++i) {
    if (i == kCount / 2) writer.break_instance();
    const auto send = [&] {
      return writer.send({topics.send, "shop", to_bytes(std::to_string(i))}, [&](const Delivery& delivery) {
        const std::scoped_lock lock(mutex);
        EXPECT_FALSE(delivery.error) << delivery.reason;
        ++delivered;
      });
    };
    // While the instance is being replaced nothing is taken.
    auto sent = send();
    for (const auto until = std::chrono::steady_clock::now() + 20s;
         !sent && std::chrono::steady_clock::now() < until;) {
      ASSERT_EQ(sent.error(), Errc::kafka_unavailable);
      std::this_thread::yield();
      sent = send();
    }
    ASSERT_TRUE(sent);
  }
  ASSERT_TRUE(writer.flush(30s));
  EXPECT_EQ(delivered, kCount);

  Collector collector;
  auto reader = consumer(collector);
  ASSERT_TRUE(collector.until([&] {
    return !collector.records.empty() && as_text(collector.records.back().payload) == std::to_string(kCount - 1);
  }));
  // Some may stand twice; none is missing, and what is new comes in order.
  int newest = -1;
  for (const Record& record : collector.records) {
    const int number = std::stoi(to_text(record.payload));
    EXPECT_LE(number, newest + 1);
    newest = std::max(newest, number);
  }
  EXPECT_EQ(newest, kCount - 1);
}

}  // namespace
}  // namespace linekeeper::kafka
