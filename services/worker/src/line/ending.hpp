#pragma once

#include "linekeeper/lifecycle/signal.hpp"
#include "linekeeper/session/line_end.hpp"

namespace linekeeper::worker {

/// What the lifecycle machine has to be told when a connection ended: the one place where the client's words meet ours.
lifecycle::Ending ending_of(const transport::LineEnd& end);

/// Whether a connection that ended so before its login failed between us and the server rather than for its line.
bool is_network(transport::EndReason reason) noexcept;

}  // namespace linekeeper::worker
