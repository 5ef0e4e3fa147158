#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "linekeeper/settings/load.hpp"

namespace linekeeper::settings {

/// What stood on the command line, not yet judged.
struct CommandLine {
  std::map<std::string, std::vector<std::string>> flags;  ///< By setting name, each occurrence.
  std::string command;
  std::string argument;
  std::string config;  ///< --config
  bool print_config = false;
  bool ended = false;  ///< --help, --version or a mistake: `exit` says what to print.
  Exit exit;
};

CommandLine read_command_line(const ProgramInfo& program, std::span<const Setting* const> table,
                              std::vector<std::string> arguments);

}  // namespace linekeeper::settings
