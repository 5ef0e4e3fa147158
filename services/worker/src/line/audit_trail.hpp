#pragma once

#include <string_view>

#include "linekeeper/auth/ledger_record.hpp"
#include "linekeeper/base/bytes.hpp"
#include "linekeeper/v1/event.pb.h"

namespace linekeeper::worker {

/// How many resets are remembered with a line.
inline constexpr int kResetsRemembered = 16;

/// The trail with one reset more; the oldest give way. A trail that does not parse begins anew.
Bytes with_reset(ByteView trail, std::string_view command_id, auth::UnixMs commanded_at, const v1::ResetReport& report);

}  // namespace linekeeper::worker
