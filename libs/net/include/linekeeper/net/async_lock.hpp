#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <utility>

#include "linekeeper/net/one_shot.hpp"

namespace linekeeper::net {

/// One holder at a time, in the order of asking, at most `bound` waiting. All on one thread.
/// Guards may outlive nothing: the lock lives as long as the last guard.
class AsyncLock {
 public:
  class Guard {
   public:
    Guard(Guard&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
    Guard& operator=(Guard&&) = delete;
    ~Guard() { release(); }
    void release() noexcept {
      if (auto* lock = std::exchange(lock_, nullptr)) lock->pass_on();
    }

   private:
    friend class AsyncLock;
    explicit Guard(AsyncLock* lock) noexcept : lock_(lock) {}
    AsyncLock* lock_;
  };

  explicit AsyncLock(std::size_t bound) noexcept : bound_(bound) {}
  AsyncLock(const AsyncLock&) = delete;
  AsyncLock& operator=(const AsyncLock&) = delete;

  /// Nothing once closed, or when too many wait already.
  boost::asio::awaitable<std::optional<Guard>> acquire() {
    if (closed_ || waiting_.size() >= bound_) co_return std::nullopt;
    if (!held_) {
      held_ = true;
      co_return Guard(this);
    }
    auto turn = std::make_shared<OneShot<bool>>();
    waiting_.push_back(turn);
    const bool mine = co_await turn->wait();
    if (!mine) co_return std::nullopt;
    co_return Guard(this);
  }

  /// Everyone who waits or comes later gets nothing; the present holder keeps it until it lets go.
  void close() {
    closed_ = true;
    for (auto& turn : std::exchange(waiting_, {}))
      turn->set(false);
  }

  bool held() const noexcept { return held_; }
  std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  void pass_on() noexcept {
    if (waiting_.empty()) {
      held_ = false;
      return;
    }
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next->set(true);
  }

  std::size_t bound_;
  std::list<std::shared_ptr<OneShot<bool>>> waiting_;
  bool held_ = false;
  bool closed_ = false;
};

}  // namespace linekeeper::net
