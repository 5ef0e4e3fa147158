#include "linekeeper/auth/acquire_gate.hpp"

#include <algorithm>

namespace linekeeper::auth {

void AcquireGate::on_store(std::string run_id, std::chrono::microseconds known_for, Time now) {
  if (run_id != run_id_) {
    run_id_ = std::move(run_id);
    const std::chrono::microseconds rest = ttl_ - std::min<std::chrono::microseconds>(ttl_, known_for);
    run_open_at_ = now + rest;
  }
  open_at_ = run_open_at_;
}

}  // namespace linekeeper::auth
