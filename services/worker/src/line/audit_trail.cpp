#include "line/audit_trail.hpp"

#include "state/line.pb.h"

namespace linekeeper::worker {
namespace {

constexpr std::uint32_t kFormat = 1;

}  // namespace

Bytes with_reset(ByteView trail, std::string_view command_id, auth::UnixMs commanded_at,
                 const v1::ResetReport& report) {
  state::AuditTrail all;
  if (!all.ParseFromArray(trail.data(), static_cast<int>(trail.size())) || all.format() != kFormat) all.Clear();
  all.set_format(kFormat);
  state::AuditTrail::Reset& reset = *all.add_resets();
  reset.set_command_id(std::string(command_id));
  reset.set_commanded_at_ms(commanded_at);
  reset.set_report(report.SerializeAsString());
  if (all.resets_size() > kResetsRemembered) {
    all.mutable_resets()->DeleteSubrange(0, all.resets_size() - kResetsRemembered);
  }
  return to_bytes(all.SerializeAsString());
}

}  // namespace linekeeper::worker
