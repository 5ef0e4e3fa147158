#include "hooks/courier.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "linekeeper/http/server.hpp"
#include "support/wait_until.hpp"

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;

/// A courier on a loop of its own, an endpoint that answers as it is told, and a Kafka that is not there.
class CourierTest : public testing::Test {
 protected:
  void SetUp() override {
    kafka::Producer::Settings producing;
    producing.connection.brokers = "127.0.0.1:1";
    producing.delivery_timeout = 200ms;
    auto producer = kafka::Producer::start(std::move(producing), log_, metrics_);
    producer_ = std::get<std::unique_ptr<kafka::Producer>>(std::move(producer));

    auto server = http::Server::start(io_.get_executor(), "127.0.0.1:0",
                                      [this](http::Request request) { return answer(std::move(request)); });
    ASSERT_TRUE(server);
    server_.emplace(std::move(*server));
    Hook hook;
    hook.id = "crm";
    hook.url = *net::Url::parse("http://" + server_->address() + "/");
    hook.secrets.emplace_back(std::string("0123456789abcdef"));
    Courier::Settings settings;
    settings.parking_topic = "parked";
    settings.policy.attempts = 1;
    auto courier = Courier::make(io_.get_executor(), std::move(hook), std::move(settings), *producer_, log_, metrics_,
                                 [this](const kafka::Ticket&, Courier::End) { ++ended_; });
    courier_ = std::get<std::unique_ptr<Courier>>(std::move(courier));
    thread_ = std::thread([this] { io_.run(); });
  }

  void TearDown() override {
    work_.reset();
    io_.stop();
    thread_.join();
    courier_.reset();  // While the producer still has an answer to give.
  }

  awaitable<http::Response> answer(http::Request) {
    ++requests_;
    co_return http::Response::text(status_, "");
  }

  void put(const std::string& session, std::int64_t offset) {
    boost::asio::post(io_, [this, session, offset] {
      HookEvent event;
      event.id = session + std::to_string(offset);
      event.session = session;
      event.data = "{}";
      kafka::Ticket ticket;
      ticket.offset = offset;
      courier_->put(std::move(event), ticket);
    });
  }

  std::atomic<int> not_parked_ = 0;  ///< How often the log says that an event could not be.
  telemetry::Log log_{{.sink = [this](std::string_view line) {
    if (line.find("could not be parked") != std::string_view::npos) ++not_parked_;
  }}};
  telemetry::Metrics metrics_;
  std::atomic<unsigned> status_ = 204;
  std::atomic<int> requests_ = 0;
  std::atomic<int> ended_ = 0;
  std::unique_ptr<kafka::Producer> producer_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ = boost::asio::make_work_guard(io_);
  std::optional<http::Server> server_;
  std::unique_ptr<Courier> courier_;
  std::thread thread_;
};

TEST_F(CourierTest, DeliversAndCountsWhileOthersLook) {
  for (std::int64_t i = 0; i < 100; ++i)
    put(i % 2 == 0 ? "a" : "b", i);
  EXPECT_TRUE(test::wait_until([this] { return courier_->stats().delivered == 100; }, 60s));
  EXPECT_TRUE(test::wait_until([this] { return courier_->stats().waiting == 0; }, 60s));
  const HookStats stats = courier_->stats();
  EXPECT_EQ(stats.failed, 0U);
  EXPECT_FALSE(stats.away);
  EXPECT_EQ(requests_, 100);
  EXPECT_EQ(ended_, 100);
}

TEST_F(CourierTest, WhatCannotBeParkedStaysUntilItCan) {
  status_ = 404;
  put("a", 1);
  put("a", 2);
  EXPECT_TRUE(test::wait_until([this] { return courier_->stats().failed == 1; }, 60s));
  EXPECT_TRUE(test::wait_until([this] { return not_parked_ > 0; }, 60s));
  EXPECT_EQ(ended_, 0) << "its offset is not to be committed";
  EXPECT_EQ(requests_, 1) << "and the one behind it waits";
  EXPECT_EQ(courier_->stats().parked, 0U);
}

}  // namespace
}  // namespace linekeeper::control
