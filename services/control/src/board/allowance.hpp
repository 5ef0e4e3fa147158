#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace linekeeper::control {

/// How much one thread may hand to another before the other has taken it: the first waits when that is too much.
/// Threads: any.
class Allowance {
 public:
  explicit Allowance(std::size_t most) : most_(most) {}

  /// For one more. While the most is out, waits until half of it is back, or until the end: then false.
  bool take();
  void give_back();
  /// Nobody waits from now on, and nothing more is allowed.
  void end();

 private:
  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t out_ = 0;
  bool full_ = false;
  bool ended_ = false;
};

}  // namespace linekeeper::control
