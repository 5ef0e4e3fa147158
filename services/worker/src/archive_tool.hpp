#pragma once

#include <string>

#include "linekeeper/settings/values.hpp"
#include "linekeeper/telemetry/log.hpp"

namespace linekeeper::worker {

// For operators: credentials that were wiped stay sealed for 24 hours, and no worker ever opens them.

/// `archive list`: which sessions have one, how long it stays, and where they stand. The exit code.
int list_archives(const settings::Values& values, telemetry::Log& log);

/// `archive restore SESSION`: writes the credentials back if the session has none and nobody holds its lease, and
/// leaves it STOPPED, so that a connect command goes on. Says by name why not otherwise. The exit code.
int restore_archive(const settings::Values& values, std::string session, telemetry::Log& log);

}  // namespace linekeeper::worker
