#include "linekeeper/kafka/producer.hpp"

#include "producer_core.hpp"

namespace linekeeper::kafka {

struct Producer::Impl {
  ProducerCore core;
};

Producer::Producer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Producer::~Producer() = default;

std::variant<std::unique_ptr<Producer>, Problem> Producer::start(Settings settings, telemetry::Log& log,
                                                                 telemetry::Metrics& metrics) {
  std::unique_ptr<Impl> impl(new Impl{ProducerCore(std::move(settings), log, metrics)});
  if (auto problem = impl->core.start()) return std::move(*problem);
  return std::unique_ptr<Producer>(new Producer(std::move(impl)));
}

Result<void> Producer::send(OutgoingRecord record, Completion done) {
  return impl_->core.send(std::move(record), std::move(done));
}

bool Producer::flush(std::chrono::milliseconds timeout) {
  return impl_->core.flush(timeout);
}
std::size_t Producer::waiting() const noexcept {
  return impl_->core.waiting();
}

}  // namespace linekeeper::kafka
