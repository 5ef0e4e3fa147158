#include "command_line.hpp"

#include <CLI/CLI.hpp>
#include <sstream>

#include "parse.hpp"

namespace linekeeper::settings {
namespace {

std::string help_text(const Setting& setting) {
  std::string out = setting.help;
  if (setting.type != Type::text && setting.type != Type::list) out += " Takes " + allowed_values(setting) + ".";
  if (!setting.fallback.empty()) out += " Default: " + setting.fallback + ".";
  return out + " [" + environment_name(setting.name) + "]";
}

std::string type_word(const Setting& setting) {
  switch (setting.type) {
    case Type::text: return "TEXT";
    case Type::flag: return "on|off";
    case Type::count: return "NUMBER";
    case Type::duration: return "DURATION";
    case Type::rate: return "RATE";
    case Type::bytes: return "SIZE";
    case Type::url: return "URL";
    case Type::choice: return "WORD";
    case Type::hex32: return "HEX";
    case Type::list: return "ENTRY …";
    case Type::address: return "HOST:PORT";
  }
  return {};
}

/// Adds the subcommands, `topics create` below `topics`; gives each leaf with its full name.
std::vector<std::pair<std::string, CLI::App*>> add_commands(CLI::App& app, const std::vector<Command>& commands,
                                                            std::string& argument) {
  std::vector<std::pair<std::string, CLI::App*>> leaves;
  std::map<std::string, CLI::App*> known;  // by path: "topics", "topics create"
  for (const Command& command : commands) {
    CLI::App* parent = &app;
    std::string path;
    std::istringstream words(command.name);
    for (std::string word; words >> word;) {
      path += (path.empty() ? "" : " ") + word;
      CLI::App*& child = known[path];
      if (child == nullptr) {
        child = parent->add_subcommand(word);
        child->fallthrough();
        if (parent != &app) parent->require_subcommand(1);
      }
      parent = child;
    }
    parent->description(command.help);
    if (!command.argument.empty()) parent->add_option(command.argument, argument)->required();
    leaves.emplace_back(command.name, parent);
  }
  return leaves;
}

}  // namespace

CommandLine read_command_line(const ProgramInfo& program, std::span<const Setting* const> table,
                              std::vector<std::string> arguments) {
  CommandLine line;
  CLI::App app(program.description, program.name);
  app.get_formatter()->column_width(34);
  app.footer(
      "Every setting has one name: the flag --kafka-brokers, the environment variable LINEKEEPER_KAFKA_BROKERS, the "
      "line\n"
      "`kafka-brokers = …` in the file of --config. Flags win over the environment, the environment over the file.");
  app.set_version_flag("--version", program.name + " " + program.version);
  app.add_option("--config", line.config, "File with `key = value` lines. [LINEKEEPER_CONFIG]")->type_name("FILE");
  app.add_flag("--print-config", line.print_config, "Show the effective settings and where each comes from, then end.");
  for (const Setting* setting : table) {
    auto& seen = line.flags[setting->name];
    CLI::Option* option = app.add_option("--" + setting->name, seen, help_text(*setting));
    option->group(setting->group)->type_name(type_word(*setting))->allow_extra_args(false);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (setting->type == Type::flag) option->expected(0, 1);
  }
  const auto commands = add_commands(app, program.commands, line.argument);
  try {
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
  } catch (const CLI::Success& success) {
    std::ostringstream out;
    line.ended = true;
    line.exit.exit_code = app.exit(success, out, out);
    line.exit.out = out.str();
    return line;
  } catch (const CLI::ParseError& error) {
    line.ended = true;
    line.exit.exit_code = 2;
    line.exit.err = program.name + ": " + error.what() + "\nTry " + program.name + " --help.\n";
    return line;
  }
  for (const auto& [name, command] : commands) {
    if (command->parsed()) line.command = name;
  }
  return line;
}

}  // namespace linekeeper::settings
