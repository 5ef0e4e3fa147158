#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "linekeeper/net/awaitable.hpp"
#include "linekeeper/net/one_shot.hpp"

namespace linekeeper::worker {

/// So many at a time, the others in the order of asking: a worker that gets a thousand lines at once does not ask its
/// store for all of them at once. All on one thread; it outlives its guards.
class Admission {
 public:
  class Guard {
   public:
    Guard(Guard&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Guard& operator=(Guard&&) = delete;
    ~Guard() { leave(); }
    void leave() noexcept {
      if (auto* owner = std::exchange(owner_, nullptr)) owner->pass_on();
    }

   private:
    friend class Admission;
    explicit Guard(Admission* owner) noexcept : owner_(owner) {}
    Admission* owner_;
  };

  explicit Admission(std::size_t places) noexcept : free_(places) {}
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  awaitable<Guard> enter() {
    if (free_ > 0) {
      --free_;
      co_return Guard(this);
    }
    auto turn = std::make_shared<net::OneShot<bool>>();
    waiting_.push_back(turn);
    (void)co_await turn->wait();
    co_return Guard(this);
  }

 private:
  void pass_on() noexcept {
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next->set(true);
  }

  std::size_t free_;
  std::deque<std::shared_ptr<net::OneShot<bool>>> waiting_;
};

}  // namespace linekeeper::worker
