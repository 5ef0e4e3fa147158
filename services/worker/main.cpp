#include <unistd.h>

#include "archive_tool.hpp"
#include "linekeeper/settings/load.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "worker.hpp"

namespace {

linekeeper::settings::ProgramInfo program() {
  linekeeper::settings::ProgramInfo info{linekeeper::settings::Program::worker, "linekeeper-worker", "", "0.1.0"};
  info.description =
      "Keeps WhatsApp lines connected: reads commands from Kafka, holds each line under a Redis lease, publishes what "
      "happens.";
  info.commands = {{"topics create", "Create all topics with one partition count, then end."},
                   {"store accept", "Use a Redis that was emptied as it is, then end."},
                   {"archive list", "List the sessions whose wiped credentials are still kept, then end."},
                   {"archive restore", "Give a session its wiped credentials back, then end.", "SESSION"}};
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
  if (loaded.command == "topics create") return worker::create_topics(loaded.values, log);
  if (loaded.command == "store accept") return worker::accept_store(loaded.values, log);
  if (loaded.command == "archive list") return worker::list_archives(loaded.values, log);
  if (loaded.command == "archive restore") return worker::restore_archive(loaded.values, loaded.argument, log);
  const auto reread = [&]() -> std::optional<settings::Values> {
    auto again = settings::load(program(), {argv + 1, argv + argc}, settings::process_environment());
    if (auto* fresh = std::get_if<settings::Loaded>(&again)) return std::move(fresh->values);
    log.error("the settings were not read again; those in use stay", {{"error", std::get<settings::Exit>(again).err}});
    return std::nullopt;
  };
  return worker::run_worker(loaded.values, reread, log);
}
