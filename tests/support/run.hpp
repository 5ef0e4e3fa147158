#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace linekeeper::test {

namespace detail {

template <typename T>
boost::asio::awaitable<void> fill(boost::asio::awaitable<T> work, std::optional<T>& into) {
  T value = co_await std::move(work);
  into.emplace(std::move(value));
}

}  // namespace detail

/// Runs the loop until `work` is done and returns its result. Throws if that takes longer than `limit`; what is still
/// under way then stays in the loop.
template <typename T>
T run(boost::asio::io_context& loop, boost::asio::awaitable<T> work,
      std::chrono::milliseconds limit = std::chrono::seconds(30)) {
  bool done = false;
  std::exception_ptr thrown;
  const auto finished = [&](std::exception_ptr error) {
    thrown = error;
    done = true;
  };
  const auto pump = [&] {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    loop.restart();
    while (!done && std::chrono::steady_clock::now() < deadline)
      if (loop.run_one_until(deadline) == 0) break;
    if (!done) throw std::runtime_error("the test's coroutine did not finish in time");
    if (thrown) std::rethrow_exception(thrown);
  };
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(loop, std::move(work), finished);
    pump();
  } else {
    std::optional<T> result;
    boost::asio::co_spawn(loop, detail::fill(std::move(work), result), finished);
    pump();
    return std::move(*result);
  }
}

}  // namespace linekeeper::test
