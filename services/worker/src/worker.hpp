#pragma once

#include "linekeeper/settings/values.hpp"
#include "linekeeper/telemetry/log.hpp"

namespace linekeeper::worker {

/// Reads the settings once more; nothing, and a line in the log, if they are wrong now.
using RereadSettings = std::function<std::optional<settings::Values>()>;

/// The worker as a whole: builds everything in order, runs until SIGTERM or SIGINT, drains. Returns the exit code.
int run_worker(const settings::Values& values, const RereadSettings& reread, telemetry::Log& log);

/// `linekeeper-worker topics create`
int create_topics(const settings::Values& values, telemetry::Log& log);

/// `linekeeper-worker store accept`: an emptied Redis is to be used as it is.
int accept_store(const settings::Values& values, telemetry::Log& log);

}  // namespace linekeeper::worker
