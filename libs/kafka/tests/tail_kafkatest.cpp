#include "kafka_fixture.hpp"
#include "linekeeper/kafka/tail.hpp"

namespace linekeeper::kafka {
namespace {

class Heard final : public TailListener {
 public:
  void received(Record record) override {
    change([&] { records.push_back(std::move(record)); });
  }
  void caught_up() override {
    change([&] { ++caught; });
  }
  void trouble(const Problem& problem) override {
    change([&] { last_trouble = problem; });
  }
  bool until(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 30s, condition);
  }
  std::size_t count(const std::string& text) const {
    return std::size_t(std::count_if(records.begin(), records.end(),
                                     [&](const Record& record) { return as_text(record.payload) == text; }));
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Record> records;
  int caught = 0;
  Problem last_trouble;

 private:
  void change(const std::function<void()>& with) {
    const std::scoped_lock lock(mutex);
    with();
    changed.notify_all();
  }
};

class TailTest : public KafkaTest {
 protected:
  std::unique_ptr<Tail> tail(Heard& heard) {
    Tail::Settings settings{connection(), {{topics.connection, true}, {topics.message, false}}};
    auto made = Tail::start(std::move(settings), heard, log);
    if (const auto* problem = std::get_if<Problem>(&made)) throw std::runtime_error(problem->what);
    return std::move(std::get<0>(made));
  }
};

TEST_F(TailTest, ReadsOneTopicFromItsBeginningAndTheOtherFromNow) {
  create_topics();
  auto writer = producer();
  for (const char* const session : {"a", "b", "c", "d"}) {
    ASSERT_FALSE(deliver(*writer, {topics.connection, session, to_bytes("old")}).error);
    ASSERT_FALSE(deliver(*writer, {topics.message, session, to_bytes("past")}).error);
  }
  Heard heard;
  auto reader = tail(heard);
  ASSERT_TRUE(heard.until([&] { return heard.caught == 1; }));
  EXPECT_EQ(heard.count("old"), 4U);
  ASSERT_FALSE(deliver(*writer, {topics.message, "a", to_bytes("new")}).error);
  ASSERT_TRUE(heard.until([&] { return heard.count("new") == 1; }));
  EXPECT_EQ(heard.count("past"), 0U);
}

TEST_F(TailTest, TwoReadersBothSeeEverything) {
  create_topics();
  Heard one;
  Heard two;
  auto first = tail(one);
  auto second = tail(two);
  ASSERT_TRUE(one.until([&] { return one.caught == 1; }) && two.until([&] { return two.caught == 1; }));
  auto writer = producer();
  for (int i = 0; i < 20; ++i)
    ASSERT_FALSE(deliver(*writer, {topics.connection, "shop" + std::to_string(i), to_bytes("x")}).error);
  EXPECT_TRUE(one.until([&] { return one.count("x") == 20; }));
  EXPECT_TRUE(two.until([&] { return two.count("x") == 20; }));
}

TEST_F(TailTest, NamesAMissingTopicAndGoesOnOnceItIsThere) {
  Heard heard;
  auto reader = tail(heard);
  ASSERT_TRUE(heard.until([&] { return heard.last_trouble.code == Errc::not_found; }));
  EXPECT_NE(heard.last_trouble.what.find("topics create"), std::string::npos);
  create_topics();
  EXPECT_TRUE(heard.until([&] { return heard.caught == 1 && !heard.last_trouble.code; }));
}

TEST_F(TailTest, SaysThatTheBrokerIsGoneAndReadsOnWhenItIsBack) {
  create_topics();
  Heard heard;
  auto reader = tail(heard);
  ASSERT_TRUE(heard.until([&] { return heard.caught == 1; }));
  test::KafkaEnvironment::broker().kill();
  EXPECT_TRUE(heard.until([&] { return heard.last_trouble.code == Errc::kafka_unavailable; }));
  test::KafkaEnvironment::broker().restart();
  EXPECT_TRUE(heard.until([&] { return !heard.last_trouble.code; }));
  auto writer = producer();
  ASSERT_FALSE(deliver(*writer, {topics.connection, "shop", to_bytes("again")}).error);
  EXPECT_TRUE(heard.until([&] { return heard.count("again") == 1; }));
}

}  // namespace
}  // namespace linekeeper::kafka
