#include "intake/copies.hpp"

#include <gmock/gmock.h>

#include <vector>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::worker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A producer that takes as many records as it has room for and ends them when told to.
class CopiesTest : public testing::Test {
 protected:
  void write(const std::string& name) {
    kafka::OutgoingRecord record;
    record.topic = name;
    kafka::Ticket origin;
    origin.offset = ++origins_;
    copies_.write(std::move(record), origin);
  }
  /// Ends the first that is under way and is called so.
  void end(const std::string& name, error_code error = {}) {
    const auto at =
        std::find_if(under_way_.begin(), under_way_.end(), [&](const auto& one) { return one.first == name; });
    ASSERT_NE(at, under_way_.end()) << name;
    const auto done = std::move(at->second);
    under_way_.erase(at);
    done({error, 0, 0, "because"});
  }

  std::size_t room_ = 100;
  error_code refusal_ = Errc::kafka_queue_full;
  std::int64_t origins_ = 0;
  std::vector<std::string> taken_;
  std::vector<std::pair<std::string, kafka::Producer::Completion>> under_way_;
  std::vector<std::int64_t> finished_;
  std::vector<std::string> given_up_;
  Copies copies_{[this](kafka::OutgoingRecord record, kafka::Producer::Completion done) -> Result<void> {
                   if (room_ == 0) return refusal_;
                   --room_;
                   taken_.push_back(record.topic);
                   under_way_.emplace_back(record.topic, std::move(done));
                   return ok();
                 },
                 [this](const kafka::Ticket& origin) { finished_.push_back(origin.offset); },
                 [this](const std::string& reason) { given_up_.push_back(reason); }};
};

TEST_F(CopiesTest, AnOriginIsFinishedOnceKafkaHasItsCopy) {
  write("a");
  write("b");
  EXPECT_THAT(taken_, ElementsAre("a", "b"));
  EXPECT_THAT(finished_, IsEmpty());
  end("b");
  EXPECT_THAT(finished_, ElementsAre(2));
  end("a");
  EXPECT_THAT(finished_, ElementsAre(2, 1));
}

TEST_F(CopiesTest, WhatTheProducerHasNoRoomForWaitsInItsPlace) {
  room_ = 1;
  write("a");
  write("b");
  write("c");
  EXPECT_THAT(taken_, ElementsAre("a"));
  EXPECT_EQ(copies_.waiting(), 2U);
  room_ = 1;
  copies_.write_waiting();
  room_ = 100;
  write("d");
  EXPECT_THAT(taken_, ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(copies_.waiting(), 0U);
}

TEST_F(CopiesTest, WhatFailedTogetherIsWrittenAgainInTheOldOrder) {
  write("a");
  write("b");
  write("c");
  room_ = 0;
  write("d");
  end("a", Errc::kafka_unavailable);
  end("b", Errc::kafka_unavailable);
  end("c");
  room_ = 100;
  copies_.write_waiting();
  EXPECT_THAT(taken_, ElementsAre("a", "b", "c", "a", "b", "d"));
  EXPECT_THAT(finished_, ElementsAre(3));
  end("a");
  end("b");
  end("d");
  EXPECT_THAT(finished_, ElementsAre(3, 1, 2, 4));
}

TEST_F(CopiesTest, WhatIsRefusedForGoodBlocksNothing) {
  room_ = 0;
  refusal_ = Errc::kafka_refused;
  write("a");
  EXPECT_THAT(finished_, ElementsAre(1));
  room_ = 100;
  write("b");
  end("b", Errc::kafka_refused);
  EXPECT_THAT(finished_, ElementsAre(1, 2));
  EXPECT_EQ(given_up_.size(), 2U);
  EXPECT_EQ(copies_.waiting(), 0U);
}

}  // namespace
}  // namespace linekeeper::worker
