#pragma once

#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace linekeeper::telemetry {

/// Writes lines to a descriptor without ever waiting long: if it takes nothing for 5 ms the line is dropped and
/// counted, and for the next 100 ms nothing is waited for at all.
class FdSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FdSink(int fd) : fd_(fd) {}
  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  int fd_;
  std::chrono::steady_clock::time_point stuck_until_{};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace linekeeper::telemetry
