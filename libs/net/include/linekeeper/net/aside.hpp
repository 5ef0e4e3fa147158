#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <type_traits>
#include <utility>

#include "linekeeper/net/one_shot.hpp"

namespace linekeeper::net {

/// Two threads of the process for work that would hold up an event loop. They start with the first use.
boost::asio::any_io_executor slow_threads();

/// Runs a slow computation on another thread, so that the other lines of this one go on. `work` owns what it needs and
/// does not throw. The coroutine goes on on `home`.
template <typename Work>
boost::asio::awaitable<std::invoke_result_t<Work&>> aside(boost::asio::any_io_executor home, Work work) {
  using R = std::invoke_result_t<Work&>;
  auto shot = std::make_shared<OneShot<R>>();
  // The guard keeps `home` alive and running until the result is back.
  auto guard = boost::asio::make_work_guard(home);
  boost::asio::post(slow_threads(), [shot, guard = std::move(guard), work = std::move(work)]() mutable {
    auto result = std::make_shared<R>(work());
    auto executor = guard.get_executor();
    boost::asio::post(executor, [shot, result, guard = std::move(guard)]() mutable { shot->set(std::move(*result)); });
  });
  R result = co_await shot->wait();
  co_return result;
}

}  // namespace linekeeper::net
