#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "linekeeper/settings/values.hpp"

namespace linekeeper::settings {

/// A subcommand, e.g. {"topics create", "Create all topics."}. Words are separated by one blank.
struct Command {
  std::string name;
  std::string help;
  std::string argument = {};  ///< What it wants behind its name, e.g. "SESSION"; empty for nothing.
};

/// What `load` has to know of the program it works for.
struct ProgramInfo {
  Program program;
  std::string name;         ///< linekeeper-worker
  std::string description;  ///< For --help.
  std::string version;
  std::vector<Command> commands = {};
};

using Environment = std::map<std::string, std::string>;
/// The variables of this process.
Environment process_environment();

/// The program is to go on.
struct Loaded {
  Values values;
  std::string command;                ///< Empty without a subcommand.
  std::string argument;               ///< What stood behind it.
  std::vector<std::string> warnings;  ///< Unknown LINEKEEPER_* variables: to be logged once the log stands.
};
/// The program is to print this and end: help, version, --print-config, or what is wrong (then `exit_code` is not 0).
struct Exit {
  int exit_code = 0;
  std::string out;
  std::string err;
};

/// Flags win over environment over file over defaults. All bad values are named in one go, each with its source and
/// what is allowed. Settings of other programs are accepted in environment and file, so that one file can serve a whole
/// machine; an unknown key in the file is an error, an unknown LINEKEEPER_* variable a warning (Kubernetes invents
/// some). `arguments` are without the program's own name.
std::variant<Loaded, Exit> load(const ProgramInfo& program, std::vector<std::string> arguments, const Environment& env);

/// For `main`: prints an Exit and ends the process with it, else gives the values.
Loaded load_or_exit(const ProgramInfo& program, int argc, char** argv);

/// The effective values and their sources, one a line, secrets hidden: what --print-config shows. It is a valid file.
std::string describe(const Values& values);

}  // namespace linekeeper::settings
