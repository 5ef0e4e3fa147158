#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>

namespace linekeeper::net {

/// A value that one coroutine waits for and somebody else sets, once. Costs no timer. Both sides on one thread.
/// The waiter is resumed by a post, never inside `set`. Destroying it with a waiter inside destroys that coroutine, so
/// an owner sets every one of its shots before it dies.
template <typename T>
class OneShot {
 public:
  OneShot() = default;
  OneShot(const OneShot&) = delete;
  OneShot& operator=(const OneShot&) = delete;

  /// Later values are ignored.
  void set(T value) {
    if (set_) return;
    set_ = true;
    if (waiter_) {
      auto waiter = std::move(waiter_);
      waiter->complete(std::move(value));
    } else {
      value_.emplace(std::move(value));
    }
  }
  bool is_set() const noexcept { return set_; }

  /// At most one coroutine, at most once.
  boost::asio::awaitable<T> wait() {
    if (value_) {
      T value = std::move(*value_);
      value_.reset();
      co_return value;
    }
    T value = co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void(T)>(
        [this](auto handler) { waiter_ = std::make_unique<Waiter<decltype(handler)>>(std::move(handler)); },
        boost::asio::use_awaitable);
    co_return value;
  }

 private:
  struct WaiterBase {
    virtual ~WaiterBase() = default;
    virtual void complete(T value) = 0;
  };
  template <typename Handler>
  struct Waiter final : WaiterBase {
    explicit Waiter(Handler h) : handler(std::move(h)) {}
    void complete(T value) override {
      auto executor = boost::asio::get_associated_executor(handler);
      boost::asio::post(executor, [h = std::move(handler), v = std::move(value)]() mutable { h(std::move(v)); });
    }
    Handler handler;
  };

  std::unique_ptr<WaiterBase> waiter_;
  std::optional<T> value_;
  bool set_ = false;
};

}  // namespace linekeeper::net
