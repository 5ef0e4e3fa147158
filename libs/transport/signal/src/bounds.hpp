#pragma once

#include <cstddef>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::transport::signal {

inline constexpr int kArchivedSessions = 5;
inline constexpr int kSkippedKeys = 2000;

/// A serialised session record with at most 5 archived sessions, and at most 2,000 skipped keys in each: the oldest go.
/// Without bounds a peer decides how large our records become.
Bytes bounded_session_record(ByteView record);

/// A serialised sender key record with at most 2,000 skipped keys over all its chains.
Bytes bounded_sender_key_record(ByteView record);

}  // namespace linekeeper::transport::signal
