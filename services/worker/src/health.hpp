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
  std::atomic<bool> draining{false};

  /// Who tells why Kafka cannot be used; an empty sentence while it can. It outlives this, or is replaced.
  void ask_kafka(std::function<std::string()> trouble) {
    const std::lock_guard lock(mutex_);
    kafka_ = std::move(trouble);
  }
  /// Why this worker stands aside although Redis and Kafka are well; empty while it does not.
  void set_aside(std::string why) {
    const std::lock_guard lock(mutex_);
    aside_ = std::move(why);
  }

  void set_store(std::size_t loop, bool usable, std::string trouble) {
    const std::lock_guard lock(mutex_);
    stores_[loop] = usable ? std::string() : std::move(trouble);
  }
  /// The first thing that stands in the way; empty when ready.
  std::string trouble() const;
  /// Redis and Kafka can be used.
  bool well() const;

 private:
  mutable std::mutex mutex_;
  std::function<std::string()> kafka_ = [] { return std::string("Kafka has not been asked yet."); };
  std::string aside_;
  std::map<std::size_t, std::string> stores_;
};

/// GET /healthz, /readyz and /metrics.
awaitable<http::Response> answer(http::Request request, const Health& health, telemetry::Metrics& metrics);

}  // namespace linekeeper::worker
