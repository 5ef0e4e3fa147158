#include "front.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <thread>

#include "linekeeper/http/server.hpp"

namespace linekeeper::worker {

struct Front::Impl {
  asio::io_context io{1};
  asio::signal_set ends{io, SIGTERM, SIGINT};
  asio::signal_set hangups{io, SIGHUP};
  std::optional<http::Server> http;
  std::function<void()> hangup;
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;
  std::thread thread;

  void await_hangup() {
    hangups.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      if (hangup) hangup();
      await_hangup();
    });
  }
};

Front::Front(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Front::~Front() {
  impl_->io.stop();
  impl_->thread.join();
}

std::variant<std::unique_ptr<Front>, std::string> Front::start(const std::string& listen, const Health& health,
                                                               telemetry::Metrics& metrics) {
  auto impl = std::make_unique<Impl>();
  auto server = http::Server::start(impl->io.get_executor(), listen, [&health, &metrics](http::Request request) {
    return answer(std::move(request), health, metrics);
  });
  if (!server) return server.error().message();
  impl->http.emplace(std::move(*server));
  impl->ends.async_wait([&impl = *impl](const boost::system::error_code& error, int) {
    if (error) return;
    const std::lock_guard lock(impl.mutex);
    impl.ended = true;
    impl.changed.notify_all();
  });
  impl->await_hangup();
  impl->thread = std::thread([&io = impl->io] { io.run(); });
  return std::unique_ptr<Front>(new Front(std::move(impl)));
}

std::string Front::address() const {
  return impl_->http->address();
}

void Front::on_hangup(std::function<void()> call) {
  asio::post(impl_->io, [impl = impl_.get(), call = std::move(call)] { impl->hangup = call; });
}

bool Front::wait_for_end(std::chrono::milliseconds most) {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, most, [this] { return impl_->ended; });
}

}  // namespace linekeeper::worker
