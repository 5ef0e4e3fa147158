#include "linekeeper/kafka/topics.hpp"

#include <gmock/gmock.h>

namespace linekeeper::kafka {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

std::vector<TopicState> healthy(const Topics& topics) {
  std::vector<TopicState> states;
  for (const auto& name : topics.all())
    states.push_back({name, 12, 604'800'000, true, true});
  return states;
}

TEST(TopicsTest, CarryTheirPrefix) {
  const Topics topics("acme.");
  EXPECT_EQ(topics.send, "acme.commands.send");
  EXPECT_EQ(topics.connection, "acme.events.connection");
  EXPECT_EQ(topics.commands()[0], topics.pair) << "the lead topic";
}

TEST(TopicsTest, AreCreatedWithWhatTheGuaranteesNeed) {
  const Topics topics;
  const auto specs = topic_specs(topics, 24, 3);
  ASSERT_EQ(specs.size(), 8U);
  for (const TopicSpec& spec : specs) {
    EXPECT_EQ(spec.partitions, 24) << spec.name;
    EXPECT_EQ(spec.replication, 3) << spec.name;
    if (spec.name.find(".commands.") != std::string::npos && spec.name != topics.rejected) {
      EXPECT_THAT(spec.config, UnorderedElementsAre(Pair("message.timestamp.type", "LogAppendTime"),
                                                    Pair("retention.ms", "604800000")));
    }
    if (spec.name == topics.connection) {
      EXPECT_THAT(spec.config, Contains(Pair("retention.ms", "3600000")));
    }
  }
}

TEST(TopicsTest, NothingIsWrongWithHealthyOnes) {
  const Topics topics;
  const auto findings = examine(topics, healthy(topics));
  EXPECT_THAT(findings.missing, IsEmpty());
  EXPECT_THAT(findings.sentences, IsEmpty());
  EXPECT_FALSE(findings.partitions_differ);
}

TEST(TopicsTest, MissingOnesAreNamedWithTheCommandThatMakesThem) {
  const Topics topics;
  auto states = healthy(topics);
  states[2].partitions = 0;
  states.pop_back();
  const auto findings = examine(topics, states);
  EXPECT_THAT(findings.missing, ElementsAre(topics.send, topics.message));
  EXPECT_THAT(findings.sentences, Contains(HasSubstr("linekeeper-worker topics create")));
}

TEST(TopicsTest, UnequalPartitionCountsAreNamed) {
  const Topics topics;
  auto states = healthy(topics);
  states[2].partitions = 24;
  auto findings = examine(topics, states);
  EXPECT_TRUE(findings.partitions_differ);
  EXPECT_THAT(findings.sentences, Contains(HasSubstr(topics.send + " has 24")));
  states[2].partitions = 12;
  states.back().partitions = 99;
  EXPECT_FALSE(examine(topics, states).partitions_differ) << "event topics may differ";
}

TEST(TopicsTest, RetentionBeyondTheLedgersMemoryIsNamed) {
  const Topics topics;
  for (const std::int64_t retention : {std::int64_t{-1}, std::int64_t{9} * 86'400'000}) {
    auto states = healthy(topics);
    states[1].retention_ms = retention;
    EXPECT_THAT(examine(topics, states).sentences, ElementsAre(HasSubstr(topics.reset + " keeps records longer")));
    states[1].config_known = false;
    EXPECT_THAT(examine(topics, states).sentences, IsEmpty());
  }
}

TEST(TopicsTest, ProducersClocksAreNamed) {
  const Topics topics;
  auto states = healthy(topics);
  states[0].log_append_time = false;
  EXPECT_THAT(examine(topics, states).sentences, ElementsAre(HasSubstr("LogAppendTime")));
}

}  // namespace
}  // namespace linekeeper::kafka
