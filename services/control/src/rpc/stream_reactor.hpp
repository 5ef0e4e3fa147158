#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <boost/asio/post.hpp>
#include <memory>

#include "bell.hpp"
#include "service/call.hpp"

namespace linekeeper::control {

/// One server stream: a Sink on the executor's side, a reactor on gRPC's. Lives until gRPC is done with it and the
/// coroutine that fills it has ended; that coroutine calls `end` exactly once.
template <typename Message>
class StreamReactor final : public grpc::ServerWriteReactor<Message>,
                            public Sink<Message>,
                            public std::enable_shared_from_this<StreamReactor<Message>> {
 public:
  using Ptr = std::shared_ptr<StreamReactor>;
  /// A receiver that takes nothing for so long is let go.
  static constexpr std::chrono::seconds kPatience{30};

  static Ptr make(grpc::CallbackServerContext& context, boost::asio::any_io_executor executor) {
    Ptr made(new StreamReactor(context, std::move(executor)));
    made->self_ = made;
    return made;
  }

  /// Rung when the receiver is gone.
  Bell& bell() noexcept { return bell_; }

  awaitable<bool> write(Message message) override {
    if (gone_) co_return false;
    message_ = std::move(message);
    under_way_ = true;
    this->StartWrite(&message_);
    const auto until = net::Deadline::after(kPatience);
    while (under_way_) {
      const bool rang = co_await written_.wait(gone_ ? net::Deadline::never() : until);
      if (rang || gone_) continue;
      gone_ = true;
      context_.TryCancel();  // The write ends with that.
    }
    co_return ok_;
  }
  bool gone() const noexcept override { return gone_; }

  void end(const grpc::Status& status) { this->Finish(status); }

 private:
  StreamReactor(grpc::CallbackServerContext& context, boost::asio::any_io_executor executor)
      : context_(context), executor_(executor), bell_(executor), written_(executor) {}

  void OnWriteDone(bool ok) override {
    boost::asio::post(executor_, [self = this->shared_from_this(), ok] {
      self->ok_ = ok;
      self->under_way_ = false;
      self->gone_ = self->gone_ || !ok;
      self->written_.ring();
    });
  }
  void OnCancel() override {
    boost::asio::post(executor_, [self = this->shared_from_this()] {
      self->gone_ = true;
      self->bell_.ring();
      self->written_.ring();
    });
  }
  void OnDone() override {
    // Timers are the executor's: this object ends there.
    boost::asio::post(executor_, [self = std::move(self_)] {});
  }

  grpc::CallbackServerContext& context_;
  boost::asio::any_io_executor executor_;
  Ptr self_;
  Message message_;
  Bell bell_;
  Bell written_;
  bool under_way_ = false;
  bool ok_ = false;
  bool gone_ = false;
};

}  // namespace linekeeper::control
