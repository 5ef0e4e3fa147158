#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "linekeeper/http/message.hpp"
#include "linekeeper/net/awaitable.hpp"
#include "linekeeper/telemetry/metrics.hpp"

namespace linekeeper::worker {

/// Whether this worker can do its work, and in what words if not. Any thread.
class Health {
 public:
  std::function<std::string()> kafka;  ///< Empty while Kafka is well.
  std::atomic<bool> draining{false};

  void set_store(std::size_t loop, bool usable, std::string trouble) {
    const std::lock_guard lock(mutex_);
    stores_[loop] = usable ? std::string() : std::move(trouble);
  }
  /// The first thing that stands in the way; empty when ready.
  std::string trouble() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::size_t, std::string> stores_;
};

/// GET /healthz, /readyz and /metrics.
awaitable<http::Response> answer(http::Request request, const Health& health, telemetry::Metrics& metrics);

}  // namespace linekeeper::worker
