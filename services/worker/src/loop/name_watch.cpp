#include "loop/name_watch.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "clock.hpp"

namespace linekeeper::worker {

NameWatch::NameWatch(boost::asio::any_io_executor executor, redis::Connection& redis, std::string worker_id,
                     std::string holder, std::chrono::milliseconds ttl, telemetry::Log& log,
                     telemetry::Metrics& metrics)
    : worker_id_(std::move(worker_id)),
      holder_(std::move(holder)),
      ttl_(ttl),
      store_(redis, holder_, ttl),
      log_(log),
      shared_gauge_(metrics.gauge("linekeeper_worker_id_shared", "1 while another process runs with our worker-id.")),
      name_(ttl),
      timer_(executor),
      tasks_(executor, rethrow) {}

void NameWatch::start() {
  tasks_.spawn(run());
}

awaitable<void> NameWatch::stop() {
  stopping_ = true;
  timer_.cancel();
  co_await tasks_.join();
}

awaitable<void> NameWatch::run() {
  while (!stopping_) {
    std::string id = worker_id_;
    const auto stands = co_await store_.present(std::move(id));
    const auto now = std::chrono::steady_clock::now();
    if (stands) name_.on_answer(*stands == holder_, now);
    if (stands) other_ = *stands;
    const bool shared = name_.shared(now);
    shared_gauge_.set(shared ? 1 : 0);
    const std::string text = shared ? "another process runs with the same worker-id: give each its own; nothing is "
                                      "lost, but events and logs do not tell the two apart"
                                    : "";
    if (saying_.due(text, now)) log_.warn(text, {{"worker", worker_id_}, {"other", other_}});
    if (stopping_) break;
    timer_.expires_after(ttl_ / 3);
    boost::system::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

}  // namespace linekeeper::worker
