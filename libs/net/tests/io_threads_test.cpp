#include "linekeeper/net/io_threads.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <set>
#include <string>
#include <thread>

namespace linekeeper::net {
namespace {

TEST(IoThreadsTest, EachLoopHasAThreadOfItsOwn) {
  IoThreads threads(3);
  std::set<std::thread::id> ids;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    std::promise<std::thread::id> id;
    threads.post(i, [&] { id.set_value(std::this_thread::get_id()); });
    ids.insert(id.get_future().get());
  }
  EXPECT_EQ(ids.size(), 3U);
  EXPECT_FALSE(ids.contains(std::this_thread::get_id()));
}

TEST(IoThreadsTest, KeyAlwaysLeadsToTheSameLoopAndKeysSpread) {
  IoThreads threads(4);
  std::array<int, 4> hits{};
  for (int i = 0; i < 4000; ++i) {
    const std::string key = "line-" + std::to_string(i);
    EXPECT_EQ(threads.index_of(key), threads.index_of(key));
    ++hits.at(threads.index_of(key));
  }
  for (const int n : hits)
    EXPECT_NEAR(n, 1000, 250);
}

TEST(IoThreadsTest, FinishRunsWhatWasPosted) {
  std::atomic<int> ran = 0;
  IoThreads threads(2);
  for (int i = 0; i < 1000; ++i)
    threads.post(static_cast<std::size_t>(i % 2), [&] { ++ran; });
  threads.finish();
  EXPECT_EQ(ran, 1000);
}

TEST(IoThreadsTest, StopDoesNotWaitForTimers) {
  IoThreads threads(2);
  boost::asio::steady_timer timer(threads.at(0), std::chrono::hours(1));
  timer.async_wait([](const boost::system::error_code&) {});
  const auto before = std::chrono::steady_clock::now();
  threads.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::minutes(1));
}

TEST(IoThreadsTest, NoneIsTakenAsOne) {
  IoThreads threads(0);
  EXPECT_EQ(threads.size(), 1U);
}

}  // namespace
}  // namespace linekeeper::net
