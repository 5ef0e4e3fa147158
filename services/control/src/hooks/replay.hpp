#pragma once

#include "linekeeper/settings/values.hpp"
#include "linekeeper/telemetry/log.hpp"

namespace linekeeper::control {

/// `webhooks replay`: delivers what stands in the parking topic, as far as it was there at the start, and ends. What
/// does not get through this time either is parked again, behind the rest. Returns the exit code: 0 if all was
/// delivered, 1 if something was parked again or Kafka did not answer, 2 if the settings are wrong.
int replay_webhooks(const settings::Values& values, telemetry::Log& log);

}  // namespace linekeeper::control
