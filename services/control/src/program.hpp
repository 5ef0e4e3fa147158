#pragma once

#include "linekeeper/settings/values.hpp"
#include "linekeeper/telemetry/log.hpp"

namespace linekeeper::control {

/// The control service as a whole: builds everything in order, runs until SIGTERM or SIGINT. Returns the exit code.
int run_control(const settings::Values& values, telemetry::Log& log);

}  // namespace linekeeper::control
