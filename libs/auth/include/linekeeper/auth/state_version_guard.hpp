#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "linekeeper/redis/server_info.hpp"

namespace linekeeper::auth {

/// Notices state that went back in time. A plain machine, one for each line that a process has seen; it outlives
/// leases.
class StateVersionGuard {
 public:
  enum class Verdict {
    fine,
    rolled_back,  ///< STATE_ROLLED_BACK: renew sending sessions before the next send, check prekeys by digest.
  };

  /// The state was read: its version, the run id of the server at its last write, and the present server. A line that
  /// nobody wrote has version 0 and no run id.
  Verdict on_read(std::uint64_t version, std::string_view last_run_id, std::string_view run_id,
                  redis::Persistence persistence);
  void on_committed(std::uint64_t version) noexcept { seen_ = version; }

  std::uint64_t seen() const noexcept { return seen_; }

 private:
  std::uint64_t seen_ = 0;
};

}  // namespace linekeeper::auth
