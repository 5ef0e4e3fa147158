#include <algorithm>
#include <atomic>
#include <thread>

#include "kafka_fixture.hpp"

namespace linekeeper::kafka {
namespace {

class ConsumerTest : public KafkaTest {
 protected:
  /// `count` records to every partition of every command topic, numbered in their payload.
  void fill(std::int32_t partitions, int count, int from = 0) {
    auto writer = producer();
    for (const auto& topic : topics.commands()) {
      for (std::int32_t partition = 0; partition < partitions; ++partition) {
        for (int i = from; i < from + count; ++i) {
          ASSERT_TRUE(writer->send({topic, "key", to_bytes(std::to_string(i)), {}, partition},
                                   [](const Delivery& delivery) { EXPECT_FALSE(delivery.error) << delivery.reason; }));
        }
      }
    }
    ASSERT_TRUE(writer->flush(30s));
  }

  static std::set<RecordId> ids(const std::vector<Record>& records) {
    std::set<RecordId> out;
    for (const auto& record : records)
      out.insert(record.id());
    return out;
  }
};

TEST_F(ConsumerTest, TwoMembersShareTheShardsEachWithAllTopicsOfIt) {
  create_topics(6);
  Collector first;
  Collector second;
  auto one = consumer(first);
  ASSERT_TRUE(first.until([&] { return first.owned.size() == 6; }));
  auto two = consumer(second);
  ASSERT_TRUE(first.until([&] { return first.owned.size() == 3; }));
  ASSERT_TRUE(second.until([&] { return second.owned.size() == 3; }));
  fill(6, 1);
  ASSERT_TRUE(first.until([&] { return first.records.size() == 12; }));
  ASSERT_TRUE(second.until([&] { return second.records.size() == 12; }));
  for (Collector* collector : {&first, &second}) {
    for (const Record& record : collector->records)
      EXPECT_TRUE(collector->owned.contains(record.ticket.partition)) << record.topic;
  }
  EXPECT_TRUE(one->healthy());
  EXPECT_TRUE(two->healthy());
  EXPECT_EQ(one->shard_count(), 6);
}

TEST_F(ConsumerTest, AMemberThatLeavesHandsItsShardsOverAtOnce) {
  create_topics(4);
  Collector first;
  Collector second;
  auto one = consumer(first);
  auto two = consumer(second);
  ASSERT_TRUE(first.until([&] { return first.owned.size() == 2; }));
  ASSERT_TRUE(second.until([&] { return second.owned.size() == 2; }));
  EXPECT_TRUE(one->close(10s));
  EXPECT_TRUE(first.owned.empty());
  EXPECT_TRUE(second.until([&] { return second.owned.size() == 4; }, 2500ms)) << "within less than the session timeout";
}

TEST_F(ConsumerTest, CommittingAllTheTimeItLosesNothingWhenOthersComeAndGo) {
  create_topics(6);
  Collector first;
  auto one = consumer(first, [](auto& settings) { settings.commit_every = 10ms; });
  ASSERT_TRUE(first.until([&] { return first.owned.size() == 6; }));
  first.on_record = [&](const Record& record) { one->finish(record.ticket); };
  // Something to commit in every moment of every join.
  std::atomic<bool> writing{true};
  std::thread traffic([&] {
    auto writer = producer();
    for (int i = 0; writing; ++i) {
      for (std::int32_t partition = 0; partition < 6; ++partition)
        (void)writer->send({topics.send, "key", to_bytes(std::to_string(i)), {}, partition}, [](const Delivery&) {});
      writer->flush(1s);
    }
  });
  for (int round = 0; round < 3; ++round) {
    Collector other;
    auto two = consumer(other);
    EXPECT_TRUE(other.until([&] { return other.owned.size() == 3; }));
    EXPECT_TRUE(first.until([&] { return first.owned.size() == 3; }));
    EXPECT_TRUE(two->close(10s));
    EXPECT_TRUE(first.until([&] { return first.owned.size() == 6; }));
  }
  writing = false;
  traffic.join();
  EXPECT_FALSE(first.look([&] { return first.lost; }));
}

TEST_F(ConsumerTest, ARestartResumesExactlyAfterWhatWasFinished) {
  create_topics(2);
  fill(2, 10);
  std::set<RecordId> unfinished;
  {
    Collector collector;
    auto reader = consumer(collector);
    ASSERT_TRUE(collector.until([&] { return collector.records.size() == 80; }));
    // From the fifth record of each partition on, one is left open: later ones finish, but may not be committed.
    for (const Record& record : collector.records) {
      if (record.ticket.offset != 5) reader->finish(record.ticket);
      if (record.ticket.offset >= 5) unfinished.insert(record.id());
    }
    ASSERT_TRUE(reader->close(10s));
  }
  fill(2, 1, 10);
  Collector collector;
  auto reader = consumer(collector);
  ASSERT_TRUE(collector.until([&] { return collector.records.size() == unfinished.size() + 8; }));
  auto read = ids(collector.records);
  for (const auto& id : unfinished)
    EXPECT_EQ(read.erase(id), 1U) << id.topic << " " << id.partition << " " << id.offset;
  for (const auto& id : read)
    EXPECT_EQ(id.offset, 10);
}

TEST_F(ConsumerTest, PositionsAreCommittedWhileItRuns) {
  create_topics(1);
  fill(1, 5);
  Collector first;
  auto one = consumer(first);
  ASSERT_TRUE(first.until([&] { return first.records.size() == 20; }));
  for (const Record& record : first.records)
    one->finish(record.ticket);
  // Frozen or killed, nobody commits for it: what counts is what it committed by itself.
  const Admin admin(connection(), log);
  const auto until = std::chrono::steady_clock::now() + 20s;
  for (bool committed = false; !committed && std::chrono::steady_clock::now() < until;) {
    const auto answer = admin.has_committed_offsets(prefix + "group", {topics.send}, 10s);
    committed = std::holds_alternative<bool>(answer) && std::get<bool>(answer);
    if (std::chrono::steady_clock::now() >= until) FAIL() << "nothing committed";
  }
}

TEST_F(ConsumerTest, NamesASessionThatIsTooShortToJoinIn) {
  Collector collector;
  auto reader = consumer(collector);
  EXPECT_THAT(logged(), testing::Not(testing::HasSubstr("session.timeout.ms is short")));
  auto hasty = consumer(collector, [](Consumer::Settings& settings) {
    settings.connection.properties.emplace_back("session.timeout.ms", "1000");
  });
  EXPECT_THAT(logged(), testing::HasSubstr("session.timeout.ms is short"));
}

TEST_F(ConsumerTest, SaysWhenEverythingPresentHasBeenHandedOver) {
  create_topics(3);
  fill(3, 4);
  Collector collector;
  auto reader = consumer(collector);
  ASSERT_TRUE(collector.until([&] { return collector.complete.size() == 12; }));
  EXPECT_EQ(collector.records.size(), 48U);
}

TEST_F(ConsumerTest, PausesWithinItsBudgetAndMissesNothing) {
  create_topics(2);
  {
    auto writer = producer();
    for (int i = 0; i < 400; ++i) {
      ASSERT_TRUE(writer->send({topics.send, "key" + std::to_string(i), Bytes(10'000)}, {}));
    }
    ASSERT_TRUE(writer->flush(30s));
  }
  Collector collector;
  auto reader = consumer(collector, [](Consumer::Settings& settings) { settings.budget_bytes = 200'000; });
  ASSERT_TRUE(collector.until([&] { return collector.records.size() >= 20; }));
  // Time enough for more than the budget to arrive, if it were not paused.
  EXPECT_FALSE(collector.until([&] { return collector.records.size() > 30; }, 1s));
  EXPECT_LT(reader->in_flight_bytes(), 320'000U);
  std::size_t finished = 0;
  const auto finish_all = [&] {
    std::vector<Ticket> tickets;
    collector.look([&] {
      for (; finished < collector.records.size(); ++finished)
        tickets.push_back(collector.records[finished].ticket);
    });
    for (const auto& ticket : tickets)
      reader->finish(ticket);
  };
  for (;;) {
    finish_all();
    if (finished == 400) break;
    ASSERT_TRUE(collector.until([&] { return collector.records.size() > finished; }));
  }
  EXPECT_EQ(ids(collector.records).size(), 400U);
  EXPECT_EQ(collector.records.size(), 400U) << "none twice";
  EXPECT_EQ(reader->in_flight_bytes(), 0U);
}

TEST_F(ConsumerTest, StoppedIntakeHandsOverNothingMoreButKeepsItsShards) {
  create_topics(2);
  Collector collector;
  auto reader = consumer(collector);
  ASSERT_TRUE(collector.until([&] { return collector.complete.size() == 8; }));
  reader->stop_intake();
  std::this_thread::yield();
  fill(2, 1);
  collector.until([&] { return !collector.records.empty(); }, 500ms);
  const auto before = collector.look([&] { return collector.records.size(); });
  fill(2, 5, 1);
  EXPECT_FALSE(collector.until([&] { return collector.records.size() > before; }, 1s));
  EXPECT_EQ(collector.look([&] { return collector.owned.size(); }), 2U);
}

TEST_F(ConsumerTest, WaitsForAMissingTopicAndNamesIt) {
  Collector collector;
  auto reader = consumer(collector);
  ASSERT_TRUE(collector.until([&] { return collector.last_trouble.code == Errc::not_found; }));
  EXPECT_THAT(collector.last_trouble.what, testing::HasSubstr("linekeeper-worker topics create"));
  EXPECT_FALSE(reader->healthy());
  create_topics(2);
  ASSERT_TRUE(collector.until([&] { return collector.owned.size() == 2; }));
  EXPECT_FALSE(collector.look([&] { return collector.last_trouble.code; }));
}

TEST_F(ConsumerTest, ReadsSurplusPartitionsOfALargerTopic) {
  auto specs = topic_specs(topics, 2, 1);
  specs[2].partitions = 5;
  create_topics(specs);
  auto writer = producer();
  for (std::int32_t partition = 0; partition < 5; ++partition) {
    ASSERT_FALSE(deliver(*writer, {topics.send, "key", {}, {}, partition}).error);
  }
  Collector collector;
  auto reader = consumer(collector);
  ASSERT_TRUE(collector.until([&] { return collector.records.size() == 5; }));
  EXPECT_EQ(collector.owned.size(), 2U);
}

TEST_F(ConsumerTest, NamesAMissingOffsetOfAFollowedTopicAndReadsFromItsBeginning) {
  auto specs = topic_specs(topics, 1, 1);
  create_topics(specs);
  {
    // A group that has committed the lead topic only, as if the broker had expired the others.
    Collector collector;
    auto reader = consumer(collector, [&](Consumer::Settings& settings) { settings.topics = {topics.pair}; });
    ASSERT_TRUE(collector.until([&] { return collector.complete.size() == 1; }));
    ASSERT_TRUE(reader->close(10s));
  }
  fill(1, 1);
  Collector collector;
  auto reader = consumer(collector);
  ASSERT_TRUE(collector.until([&] { return collector.records.size() == 4; }));
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (logged().find("no committed offset although the group has others") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << logged();
    std::this_thread::yield();
  }
  EXPECT_THAT(logged(), testing::HasSubstr(topics.send));
}

}  // namespace
}  // namespace linekeeper::kafka
