#pragma once

#include "linekeeper/settings/values.hpp"
#include "linekeeper/telemetry/log.hpp"

namespace linekeeper::sandbox {

/// The whole server on the calling thread until SIGINT or SIGTERM. The process's exit code: 0, or 1 with a sentence on
/// standard error if it could not start.
int run(const settings::Values& values, telemetry::Log& log);

}  // namespace linekeeper::sandbox
