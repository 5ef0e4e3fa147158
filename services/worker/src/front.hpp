#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "health.hpp"

namespace linekeeper::worker {

/// What the outside sees of the process, on a thread of its own, so that it answers from the first moment and whatever
/// the rest is waiting for: health and metrics over HTTP, and the signals that end it or make it read its keys again.
class Front {
 public:
  /// `health` and `metrics` outlive it. On a bad address: a sentence.
  static std::variant<std::unique_ptr<Front>, std::string> start(const std::string& listen, const Health& health,
                                                                 telemetry::Metrics& metrics);
  ~Front();
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  std::string address() const;
  /// Called on the front's thread for each SIGHUP from now on; without it they are ignored.
  void on_hangup(std::function<void()> call);
  /// True as soon as SIGTERM or SIGINT came, false after `most`.
  bool wait_for_end(std::chrono::milliseconds most);

 private:
  struct Impl;
  explicit Front(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace linekeeper::worker
