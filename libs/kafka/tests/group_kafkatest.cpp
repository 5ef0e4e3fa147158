// Coming, going and strangers in the consumer group, against Apache Kafka.

#include "handle.hpp"
#include "kafka_fixture.hpp"
#include "linekeeper/kafka/group_member.hpp"

namespace linekeeper::kafka {
namespace {

class GroupTest : public KafkaTest {
 protected:
  std::string group() const { return prefix + "group"; }

  std::vector<Admin::Member> members() {
    auto found = Admin(connection(), log).members(group(), 10s);
    if (const auto* problem = std::get_if<Problem>(&found)) {
      ADD_FAILURE() << problem->what;
      return {};
    }
    return std::get<0>(found);
  }
  /// Somebody's own consumer in the workers' group.
  Instance stranger(const std::string& assignor, const std::vector<std::string>& to) {
    Connection mine = connection();
    mine.client_id = "stranger";
    auto conf = make_conf(mine, {}, {{"group.id", group()}, {"partition.assignment.strategy", assignor}}, nullptr);
    auto made = make_instance(RD_KAFKA_CONSUMER, std::get<Conf>(std::move(conf)));
    Instance instance = std::get<Instance>(std::move(made));
    rd_kafka_poll_set_consumer(instance.get());
    const PartitionList list(rd_kafka_topic_partition_list_new(1));
    for (const std::string& topic : to)
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    EXPECT_EQ(rd_kafka_subscribe(instance.get(), list.get()), RD_KAFKA_RESP_ERR_NO_ERROR);
    return instance;
  }
  /// Until it is a member like the others.
  void settle(const Instance& instance, std::size_t others) {
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (std::chrono::steady_clock::now() < until) {
      const Message message(rd_kafka_consumer_poll(instance.get(), 100));
      const auto present = members();
      if (present.size() == others + 1 && !present[0].topics.empty() && !present[others].topics.empty()) return;
    }
    FAIL() << "the stranger did not join";
  }
};

TEST_F(GroupTest, LeavesForAWhileAndComesBack) {
  create_topics(4);
  Collector first;
  Collector second;
  auto one = consumer(first);
  auto two = consumer(second);
  ASSERT_TRUE(first.until([&] { return first.owned.size() == 2; }));
  ASSERT_TRUE(second.until([&] { return second.owned.size() == 2; }));
  one->leave();
  EXPECT_TRUE(second.until([&] { return second.owned.size() == 4; }));
  EXPECT_TRUE(first.until([&] { return first.owned.empty(); }));
  EXPECT_FALSE(one->healthy());
  EXPECT_FALSE(first.look([&] { return first.lost; }));
  EXPECT_EQ(members().size(), 1U);
  one->rejoin();
  EXPECT_TRUE(first.until([&] { return first.owned.size() == 2; }));
  EXPECT_TRUE(second.until([&] { return second.owned.size() == 2; }));
}

TEST_F(GroupTest, TellsItsMembersAndWhatTheySubscribeTo) {
  create_topics(2);
  EXPECT_TRUE(members().empty());
  Collector collector;
  auto one = consumer(collector);
  ASSERT_TRUE(collector.until([&] { return collector.owned.size() == 2; }));
  const auto found = members();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].client_id, "test");
  EXPECT_THAT(found[0].topics, testing::ElementsAre(topics.pair));
  EXPECT_EQ(foreign_member(found[0].topics, topics.pair), "");
}

TEST_F(GroupTest, AStrangerThatFitsInIsSeenByItsSubscription) {
  create_topics(4);
  Collector collector;
  auto one = consumer(collector);
  ASSERT_TRUE(collector.until([&] { return collector.owned.size() == 4; }));
  const Instance other = stranger("cooperative-sticky", {topics.pair, topics.send});
  settle(other, 1);
  std::size_t foreign = 0;
  for (const auto& member : members())
    foreign += foreign_member(member.topics, topics.pair).empty() ? 0 : 1;
  EXPECT_EQ(foreign, 1U);
  rd_kafka_consumer_close(other.get());
  EXPECT_TRUE(collector.until([&] { return collector.owned.size() == 4; }));
}

TEST_F(GroupTest, AGroupOfStrangersThatKeepsUsOutIsNamedAndLeftBehind) {
  create_topics(2);
  const Instance other = stranger("range", {topics.pair});
  settle(other, 0);
  Collector collector;
  auto one = consumer(collector);
  ASSERT_TRUE(collector.until([&] { return collector.last_trouble.code == Errc::kafka_refused; }));
  EXPECT_THAT(collector.last_trouble.what, testing::HasSubstr("group-id of its own"));
  EXPECT_FALSE(one->healthy());
  rd_kafka_consumer_close(other.get());
  EXPECT_TRUE(collector.until([&] { return collector.owned.size() == 2 && !collector.last_trouble.code; }, 60s));
  EXPECT_TRUE(one->healthy());
}

TEST_F(GroupTest, GrownTopicsAreFollowedByThoseWhoRun) {
  create_topics(2);
  Collector collector;
  auto one = consumer(collector, [](auto& settings) {
    settings.connection.properties.emplace_back("topic.metadata.refresh.interval.ms", "300");
  });
  ASSERT_TRUE(collector.until([&] { return collector.owned.size() == 2; }));
  auto conf = make_conf(connection(), {}, {}, nullptr);
  auto made = make_instance(RD_KAFKA_PRODUCER, std::get<Conf>(std::move(conf)));
  const Instance admin = std::get<Instance>(std::move(made));
  const Queue queue(rd_kafka_queue_new(admin.get()));
  std::array<char, 256> text{};
  std::vector<rd_kafka_NewPartitions_t*> grown;
  for (const std::string& topic : topics.commands())
    grown.push_back(rd_kafka_NewPartitions_new(topic.c_str(), 6, text.data(), text.size()));
  rd_kafka_CreatePartitions(admin.get(), grown.data(), grown.size(), nullptr, queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), 30'000));
  ASSERT_TRUE(event);
  EXPECT_EQ(rd_kafka_event_error(event.get()), RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_NewPartitions_destroy_array(grown.data(), grown.size());
  EXPECT_TRUE(collector.until([&] { return collector.owned.size() == 6; }));
  EXPECT_TRUE(collector.until([&] { return collector.count == 6; }));
  EXPECT_EQ(one->shard_count(), 6);
  auto writer = producer();
  for (const std::string& topic : topics.commands())
    deliver(*writer, {topic, "key", to_bytes("x"), {}, 5});
  EXPECT_TRUE(collector.until([&] { return collector.records.size() == 4; })) << "all four topics' new partitions";
}

}  // namespace
}  // namespace linekeeper::kafka
