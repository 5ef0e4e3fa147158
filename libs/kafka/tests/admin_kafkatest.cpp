#include "kafka_fixture.hpp"

namespace linekeeper::kafka {
namespace {

const auto* const kKafka = test::KafkaEnvironment::install();

using testing::Each;
using testing::Field;
using testing::IsEmpty;

class AdminTest : public KafkaTest {
 protected:
  std::vector<TopicState> states(const std::vector<std::string>& names) {
    auto described = Admin(connection(), log).describe(names, 30s);
    if (const auto* problem = std::get_if<Problem>(&described)) {
      ADD_FAILURE() << problem->what;
      return {};
    }
    return std::get<0>(described);
  }
  std::vector<TopicState> all_states() {
    const auto all = topics.all();
    return states({all.begin(), all.end()});
  }
};

TEST_F(AdminTest, CreatesTopicsThatExaminationFindsHealthy) {
  create_topics(6);
  const auto found = all_states();
  EXPECT_THAT(found, Each(Field(&TopicState::partitions, 6)));
  const auto findings = examine(topics, found);
  EXPECT_THAT(findings.sentences, IsEmpty());
  EXPECT_EQ(found[0].retention_ms, 604'800'000);
  EXPECT_TRUE(found[0].log_append_time);
  EXPECT_EQ(found[5].name, topics.connection);
  EXPECT_EQ(found[5].retention_ms, 3'600'000);
}

TEST_F(AdminTest, LeavesTopicsThatExistAsTheyAre) {
  create_topics(3);
  auto again = Admin(connection(), log).create(topic_specs(topics, 9, 1), 30s);
  ASSERT_TRUE(std::holds_alternative<std::vector<Admin::Created>>(again));
  EXPECT_THAT(std::get<0>(again), Each(Field(&Admin::Created::existed, true)));
  EXPECT_THAT(all_states(), Each(Field(&TopicState::partitions, 3)));
}

TEST_F(AdminTest, MissingTopicsHaveNoPartitionsAndAreNotCreatedByAsking) {
  EXPECT_THAT(all_states(), Each(Field(&TopicState::partitions, 0)));
  EXPECT_THAT(all_states(), Each(Field(&TopicState::partitions, 0)));
}

TEST_F(AdminTest, NamesUnequalPartitionCounts) {
  auto specs = topic_specs(topics, 4, 1);
  specs[2].partitions = 8;
  create_topics(specs);
  EXPECT_TRUE(examine(topics, all_states()).partitions_differ);
}

TEST_F(AdminTest, GivesTheBrokersReasonForARefusal) {
  auto created = Admin(connection(), log).create(topic_specs(topics, 1, 3), 30s);
  const auto* problem = std::get_if<Problem>(&created);
  ASSERT_NE(problem, nullptr);
  EXPECT_EQ(problem->code, Errc::kafka_refused);
  EXPECT_THAT(problem->what, testing::HasSubstr("replication"));
}

TEST_F(AdminTest, SaysInTimeThatNobodyAnswers) {
  Connection nowhere = connection();
  nowhere.brokers = "127.0.0.1:1";
  const auto begin = std::chrono::steady_clock::now();
  auto described = Admin(nowhere, log).describe({"x"}, 500ms);
  const auto* problem = std::get_if<Problem>(&described);
  ASSERT_NE(problem, nullptr);
  EXPECT_EQ(problem->code, Errc::kafka_unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST_F(AdminTest, KnowsWhetherAGroupEverCommitted) {
  create_topics(2);
  const Admin admin(connection(), log);
  const auto all = topics.commands();
  const std::vector<std::string> names(all.begin(), all.end());
  const auto before = admin.has_committed_offsets(prefix + "group", names, 30s);
  ASSERT_TRUE(std::holds_alternative<bool>(before)) << std::get<Problem>(before).what;
  EXPECT_FALSE(std::get<bool>(before));
  Collector collector;
  auto reader = consumer(collector);
  ASSERT_TRUE(collector.until([&] { return collector.complete.size() == 8; }));
  ASSERT_TRUE(reader->close(10s));
  const auto after = admin.has_committed_offsets(prefix + "group", names, 30s);
  ASSERT_TRUE(std::holds_alternative<bool>(after));
  EXPECT_TRUE(std::get<bool>(after));
}

}  // namespace
}  // namespace linekeeper::kafka
