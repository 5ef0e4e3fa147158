#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "linekeeper/net/one_shot.hpp"

namespace linekeeper::net {

/// Background tasks with an owner: it starts them, and does not end before the last of them has.
class TaskGroup {
 public:
  /// `failed` is told of an exception that left a task: a defect.
  TaskGroup(boost::asio::any_io_executor executor, std::function<void(std::exception_ptr)> failed)
      : executor_(std::move(executor)), failed_(std::move(failed)) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  void spawn(boost::asio::awaitable<void> task) {
    ++running_;
    boost::asio::co_spawn(executor_, std::move(task), [this](std::exception_ptr error) {
      if (error) failed_(error);
      if (--running_ == 0 && idle_) std::exchange(idle_, nullptr)->set(true);
    });
  }

  /// Until no task runs. One caller at a time.
  boost::asio::awaitable<void> join() {
    while (running_ != 0) {
      auto idle = std::make_shared<OneShot<bool>>();
      idle_ = idle;
      co_await idle->wait();
    }
  }

  std::size_t running() const noexcept { return running_; }

 private:
  boost::asio::any_io_executor executor_;
  std::function<void(std::exception_ptr)> failed_;
  std::size_t running_ = 0;
  std::shared_ptr<OneShot<bool>> idle_;
};

}  // namespace linekeeper::net
