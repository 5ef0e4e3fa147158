#pragma once

#include <chrono>
#include <exception>

#include "linekeeper/auth/ledger_record.hpp"
#include "linekeeper/lifecycle/lifecycle.hpp"

namespace linekeeper::worker {

/// The wall clock, as events and the lifecycle take it.
inline lifecycle::Time wall_now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// The same as Kafka stamps records.
inline auth::UnixMs unix_ms() {
  return wall_now().time_since_epoch().count();
}

/// An exception that left a background task is a defect: the process ends and says so, instead of going on without it.
inline void rethrow(std::exception_ptr error) {
  std::rethrow_exception(error);
}

}  // namespace linekeeper::worker
