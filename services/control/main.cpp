#include <unistd.h>

#include "hooks/replay.hpp"
#include "linekeeper/settings/load.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "program.hpp"

namespace {

linekeeper::settings::ProgramInfo program() {
  linekeeper::settings::ProgramInfo info{linekeeper::settings::Program::control, "linekeeper-control", "", "0.1.0"};
  info.description =
      "The control room of a fleet: shows where each line stands, pairs, resets and sends, over gRPC and HTTP.";
  info.commands = {{"webhooks replay", "Deliver again what webhooks did not get through and parked, then end."}};
  return info;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace linekeeper;
  const settings::Loaded loaded = settings::load_or_exit(program(), argc, argv);
  telemetry::Log::Options options;
  options.level = telemetry::level_from(loaded.values.text("log-level"));
  options.json = loaded.values.is_set("log-format") ? loaded.values.text("log-format") == "json" : isatty(2) == 0;
  options.identifiers = loaded.values.enabled("log-identifiers");
  telemetry::Log log(std::move(options));
  for (const std::string& warning : loaded.warnings)
    log.warn(warning);
  if (loaded.command == "webhooks replay") return control::replay_webhooks(loaded.values, log);
  return control::run_control(loaded.values, log);
}
