#include "linekeeper/auth/state_version_guard.hpp"

#include <algorithm>

namespace linekeeper::auth {

StateVersionGuard::Verdict StateVersionGuard::on_read(std::uint64_t version, std::string_view last_run_id,
                                                      std::string_view run_id, redis::Persistence persistence) {
  const bool lower = version < seen_;
  const bool other_run = version > 0 && last_run_id != run_id && persistence != redis::Persistence::always;
  // From here on the state that is there counts; the next step back is noticed again.
  seen_ = version;
  return lower || other_run ? Verdict::rolled_back : Verdict::fine;
}

}  // namespace linekeeper::auth
