#include "line/waiting_jobs.hpp"

#include <algorithm>
#include <utility>

#include "clock.hpp"

namespace linekeeper::worker {
namespace {

using Clock = std::chrono::steady_clock;

bool is_late(const ControlJob& job) {
  return job.record.not_after_ms && *job.record.not_after_ms < unix_ms();
}

Clock::time_point due(const ControlJob& job) {
  auto due = job.wait.expires_at().value_or(Clock::time_point::max());
  if (job.record.not_after_ms) {
    const auto left = std::chrono::milliseconds(std::max<std::int64_t>(*job.record.not_after_ms - unix_ms() + 1, 1));
    due = std::min(due, Clock::now() + left);
  }
  return due;
}

}  // namespace

WaitingJobs::WaitingJobs(boost::asio::any_io_executor executor, std::function<void(ControlJobPtr)> expired)
    : timer_(executor), expired_(std::move(expired)) {}

void WaitingJobs::add(ControlJobPtr job) {
  jobs_.push_back(std::move(job));
  arm();
}

std::vector<ControlJobPtr> WaitingJobs::take() {
  timer_.cancel();
  return std::exchange(jobs_, {});
}

void WaitingJobs::stop() {
  (void)take();
}

void WaitingJobs::arm() {
  auto first = Clock::time_point::max();
  for (const ControlJobPtr& job : jobs_)
    first = std::min(first, due(*job));
  if (first == Clock::time_point::max()) return;
  timer_.expires_at(first);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) expire();
  });
}

void WaitingJobs::expire() {
  const auto now = Clock::now();
  std::vector<ControlJobPtr> over;
  for (ControlJobPtr& job : take())
    (is_late(*job) || job->wait.expired(now) ? over : jobs_).push_back(std::move(job));
  arm();
  for (ControlJobPtr& job : over)
    expired_(std::move(job));
}

}  // namespace linekeeper::worker
