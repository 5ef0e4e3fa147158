#pragma once

#include <chrono>
#include <thread>

namespace linekeeper::test {

/// Asks `condition` again and again until it holds or `limit` passes; returns whether it held. Pace: 5 ms.
template <typename Condition>
bool wait_until(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace linekeeper::test
