#pragma once

#include "linekeeper/lifecycle/signal.hpp"
#include "linekeeper/session/line_end.hpp"

namespace linekeeper::worker {

/// What the lifecycle machine has to be told when a connection ended: the one place where the client's words meet ours.
lifecycle::Ending ending_of(const transport::LineEnd& end);

}  // namespace linekeeper::worker
