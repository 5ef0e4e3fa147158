#pragma once

#include <memory>
#include <set>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/kafka/producer.hpp"
#include "linekeeper/net/one_shot.hpp"

namespace linekeeper::worker {

/// How long those who publish for one line wait for Kafka: for ever, until the line is handed over by a worker that
/// Kafka does not answer. Whoever gets the line publishes what we could not. Threads: the line's.
class Patience {
 public:
  using Wait = net::OneShot<kafka::Delivery>;

  /// Ends every wait as `cancelled`, now and from now on.
  void end() {
    ended_ = true;
    kafka::Delivery cancelled;
    cancelled.error = Errc::cancelled;
    for (const auto& wait : waits_)
      wait->set(cancelled);
    waits_.clear();
  }
  bool ended() const noexcept { return ended_; }

  void add(std::shared_ptr<Wait> wait) { waits_.insert(std::move(wait)); }
  void remove(const std::shared_ptr<Wait>& wait) { waits_.erase(wait); }

 private:
  std::set<std::shared_ptr<Wait>> waits_;
  bool ended_ = false;
};

}  // namespace linekeeper::worker
