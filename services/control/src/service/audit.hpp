#pragma once

#include <optional>
#include <string_view>

#include "failure.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "linekeeper/telemetry/metrics.hpp"
#include "service/call.hpp"

namespace linekeeper::control {

/// Who changed what: one line in the log for each call that changes something, also for one that was refused, and
/// counts of all calls.
class Audit {
 public:
  Audit(telemetry::Log& log, telemetry::Metrics& metrics) : log_(log), metrics_(metrics) {}

  /// `reason` is the caller's own words, if any.
  void mutation(const Call& call, std::string_view what, std::string_view session, std::string_view command_id,
                const std::optional<Failure>& failed, std::string_view reason = {}) {
    log_.info("audit", {{"caller", call.caller.name},
                        {"remote", call.remote},
                        {"call", what},
                        {"session", session.substr(0, 128)},
                        {"command", command_id.substr(0, 128)},
                        {"result", failed ? v1::ErrorCode_Name(failed->code) : std::string("OK")},
                        {"detail", failed ? failed->detail : std::string()},
                        {"reason", reason}});
  }

  void counted(std::string_view what, const std::optional<Failure>& failed) {
    metrics_
        .counter("linekeeper_control_calls_total", "Calls by kind and result.",
                 {{"call", std::string(what)}, {"code", failed ? v1::ErrorCode_Name(failed->code) : std::string("OK")}})
        .add();
  }

 private:
  telemetry::Log& log_;
  telemetry::Metrics& metrics_;
};

}  // namespace linekeeper::control
