#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "linekeeper/net/awaitable.hpp"
#include "linekeeper/net/deadline.hpp"

namespace linekeeper::control {

/// Wakes one coroutine that waits for something to change. A ring while nobody waits is kept. All on one thread.
class Bell {
 public:
  explicit Bell(boost::asio::any_io_executor executor) : timer_(std::move(executor)) {}

  void ring() {
    rung_ = true;
    timer_.cancel();
  }

  /// Until a ring or the deadline. True: it rang.
  awaitable<bool> wait(net::Deadline deadline) {
    if (!rung_) {
      timer_.expires_at(deadline.when());
      boost::system::error_code ignored;
      co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    }
    const bool rang = rung_;
    rung_ = false;
    co_return rang;
  }

 private:
  boost::asio::steady_timer timer_;
  bool rung_ = false;
};

}  // namespace linekeeper::control
