#include <unistd.h>

#include "linekeeper/settings/load.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "program.hpp"

int main(int argc, char** argv) {
  using namespace linekeeper;
  const settings::ProgramInfo info{
      settings::Program::sandbox, "linekeeper-sandbox",
      "A WhatsApp-compatible server with virtual phones, for tests and demos. Clients pair with it by QR or code and "
      "chat through it; a person's part is played by calls under /admin.",
      "0.1.0"};
  const settings::Loaded loaded = settings::load_or_exit(info, argc, argv);

  telemetry::Log::Options options;
  options.level = telemetry::level_from(loaded.values.text("log-level"));
  const std::string& format = loaded.values.text("log-format");
  options.json = format.empty() ? isatty(STDERR_FILENO) == 0 : format == "json";
  options.identifiers = loaded.values.enabled("log-identifiers");
  telemetry::Log log(options);
  for (const std::string& warning : loaded.warnings)
    log.warn("a setting is not known", {{"detail", warning}});
  return sandbox::run(loaded.values, log);
}
