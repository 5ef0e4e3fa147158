#pragma once

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "linekeeper/net/listener.hpp"

namespace linekeeper::net {

/// An io_context on the test's own thread, and what the tests wait for, always with an end.
class Loop {
 public:
  asio::io_context context{1};

  asio::any_io_executor executor() { return context.get_executor(); }

  /// Runs the loop until `task` is done and gives its value. Throws what it throws, or if it takes unreasonably long.
  template <typename T>
  T run(awaitable<T> task) {
    return result_of(start(std::move(task)));
  }

  /// A task beside the test; how it ended lands in the returned place.
  template <typename T>
  struct Outcome {
    std::optional<T> value;
    std::exception_ptr failure;
    bool done = false;
    bool has_value() const { return value.has_value(); }
  };
  template <typename T>
  using Started = std::shared_ptr<Outcome<T>>;

  template <typename T>
  Started<T> start(awaitable<T> task) {
    auto place = std::make_shared<Outcome<T>>();
    asio::co_spawn(context, keep(std::move(task), place), [place](std::exception_ptr failure) {
      place->failure = std::move(failure);
      place->done = true;
    });
    return place;
  }

  template <typename Condition>
  void run_until(Condition condition) {
    const Deadline end = Deadline::after(std::chrono::seconds(30));
    context.restart();
    while (!condition()) {
      if (end.passed()) throw std::runtime_error("the test waits in vain");
      if (context.run_one_for(std::chrono::milliseconds(100)) == 0) context.restart();
    }
  }

  /// What a started task ended with.
  template <typename T>
  T result_of(const Started<T>& place) {
    run_until([place] { return place->done; });
    if (place->failure) std::rethrow_exception(place->failure);
    return std::move(*place->value);
  }

 private:
  template <typename T>
  static awaitable<void> keep(awaitable<T> task, Started<T> place) {
    place->value = co_await std::move(task);
  }
};

inline Deadline soon() {
  return Deadline::after(std::chrono::milliseconds(50));
}
inline Deadline patient() {
  return Deadline::after(std::chrono::seconds(20));
}

/// Both ends of a loopback connection, plain.
struct Ends {
  Socket client;
  Socket server;
};

inline Listener listen_on_loopback(Loop& loop) {
  auto listener = Listener::listen(loop.executor(), HostPort{"127.0.0.1", 0});
  return std::move(listener.value());
}

inline Ends make_ends(Loop& loop) {
  Listener listener = listen_on_loopback(loop);
  auto accepted = loop.start(listener.accept());
  auto client = loop.run(connect_plain("127.0.0.1", listener.port(), patient()));
  auto server = loop.result_of(accepted);
  return Ends{std::move(client.value()), std::move(server.value())};
}

/// Exactly `n` bytes, or fewer if the stream ends.
inline awaitable<std::string> read_exactly(Socket& socket, std::size_t n) {
  std::string out;
  while (out.size() < n) {
    std::array<std::uint8_t, 4096> chunk;
    const auto got =
        co_await socket.read_some(std::span(chunk).first(std::min(chunk.size(), n - out.size())), patient());
    if (!got) break;
    out.append(as_text(ByteView(chunk).first(*got)));
  }
  co_return out;
}

}  // namespace linekeeper::net
