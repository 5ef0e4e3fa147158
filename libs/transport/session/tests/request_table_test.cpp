#include "request_table.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "support/run.hpp"

namespace linekeeper::transport {
namespace {

using namespace std::chrono_literals;
const Time kStart = Time(1000s);

Result<Node> outcome(const std::shared_ptr<Answer>& answer) {
  boost::asio::io_context loop;
  return test::run(loop, answer->wait());
}

TEST(RequestTableTest, HandsTheAnswerToWhoeverAskedWithThisId) {
  RequestTable table(4);
  const auto first = table.add("1", kStart + 60s);
  const auto second = table.add("2", kStart + 60s);
  EXPECT_TRUE(table.answer("2", Node("iq").with("id", "2")));
  EXPECT_FALSE(table.answer("2", Node("iq").with("id", "2"))) << "answered once";
  EXPECT_EQ(outcome(second)->attr("id"), "2");
  EXPECT_FALSE(first->is_set());
}

TEST(RequestTableTest, FailsWhatIsDueAndKeepsTheRest) {
  RequestTable table(4);
  const auto early = table.add("1", kStart + 1s);
  const auto late = table.add("2", kStart + 2s);
  EXPECT_EQ(table.due(), kStart + 1s);
  table.at(kStart + 1s);
  EXPECT_EQ(outcome(early).error(), Errc::timed_out);
  EXPECT_FALSE(late->is_set());
  EXPECT_EQ(table.due(), kStart + 2s);
}

TEST(RequestTableTest, FailsEverythingWhenTheConnectionEndsAndTakesNothingMore) {
  RequestTable table(4);
  const auto waiting = table.add("1", kStart + 1s);
  table.close(Errc::connection_lost);
  EXPECT_EQ(outcome(waiting).error(), Errc::connection_lost);
  EXPECT_EQ(table.add("2", kStart + 1s), nullptr);
  EXPECT_EQ(table.due(), kNever);
}

TEST(RequestTableTest, IsBoundedAndKeepsIdsApart) {
  RequestTable table(2);
  ASSERT_NE(table.add("1", kStart), nullptr);
  EXPECT_EQ(table.add("1", kStart), nullptr);
  ASSERT_NE(table.add("2", kStart), nullptr);
  EXPECT_EQ(table.add("3", kStart), nullptr);
  table.forget("1");
  EXPECT_NE(table.add("3", kStart), nullptr);
}

TEST(RequestIdsTest, HaveTheFormAllClientsUseAndNeverRepeat) {
  RequestIds ids(0x0001'0002U);
  EXPECT_EQ(ids.next(), "2.1-1");
  EXPECT_EQ(ids.next(), "2.1-2");
}

TEST(IqErrorTest, ReadsTheCode) {
  EXPECT_EQ(iq_error_code(Node("iq").add(Node("error").with("code", "404"))), 404);
  EXPECT_EQ(iq_error_code(Node("iq").add(Node("error").with("code", "many"))), 0);
  EXPECT_EQ(iq_error_code(Node("iq")), 0);
}

}  // namespace
}  // namespace linekeeper::transport
