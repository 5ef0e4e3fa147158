#include "linekeeper/kafka/consumer.hpp"

#include "consumer_loop.hpp"

namespace linekeeper::kafka {

struct Consumer::Impl {
  ConsumerLoop loop;
};

Consumer::Consumer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Consumer::~Consumer() = default;

std::variant<std::unique_ptr<Consumer>, Problem> Consumer::start(Settings settings, ConsumerListener& listener,
                                                                 telemetry::Log& log, telemetry::Metrics& metrics) {
  std::unique_ptr<Impl> impl(new Impl{ConsumerLoop(std::move(settings), listener, log, metrics)});
  if (auto problem = impl->loop.start()) return std::move(*problem);
  return std::unique_ptr<Consumer>(new Consumer(std::move(impl)));
}

void Consumer::finish(const Ticket& ticket) {
  impl_->loop.finish(ticket);
}
void Consumer::stop_intake() {
  impl_->loop.stop_intake();
}
void Consumer::leave() {
  impl_->loop.want_membership(false);
}
void Consumer::rejoin() {
  impl_->loop.want_membership(true);
}
bool Consumer::close(std::chrono::milliseconds timeout) {
  return impl_->loop.close(timeout);
}
std::int32_t Consumer::shard_count() const noexcept {
  return impl_->loop.shard_count();
}
std::size_t Consumer::in_flight_bytes() const noexcept {
  return impl_->loop.in_flight_bytes();
}
bool Consumer::healthy() const noexcept {
  return impl_->loop.healthy();
}

}  // namespace linekeeper::kafka
