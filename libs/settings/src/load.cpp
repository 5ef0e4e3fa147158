#include "linekeeper/settings/load.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <utility>

#include "command_line.hpp"
#include "config_file.hpp"
#include "parse.hpp"

namespace linekeeper::settings {
namespace {

constexpr std::string_view kPrefix = "LINEKEEPER_";

struct Written {
  std::string text;
  Source source;
};

const Setting* find(std::string_view name) {
  const auto all = all_settings();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Setting& s) { return s.name == name; });
  return found == all.end() ? nullptr : &*found;
}

/// The known name most like `name`, if it is likely to be meant.
std::string similar(std::string_view name) {
  const auto distance = [](std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
      row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i);
      for (std::size_t j = 1; j <= b.size(); ++j) {
        const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
      }
    }
    return row.back();
  };
  std::string best;
  std::size_t least = 4;
  for (const Setting& setting : all_settings()) {
    if (const std::size_t d = distance(name, setting.name); d < least) {
      least = d;
      best = setting.name;
    }
  }
  return best;
}

std::string hint(std::string_view name) {
  const std::string meant = similar(name);
  return meant.empty() ? "" : "; did you mean " + meant + "?";
}

class Loading {
 public:
  Loading(const ProgramInfo& program, const Environment& env) : program_(program), env_(env) {
    for (const Setting& setting : all_settings()) {
      if ((setting.programs & Programs(program.program)) != 0) table_.push_back(&setting);
    }
  }

  std::variant<Loaded, Exit> run(std::vector<std::string> arguments) {
    const CommandLine line = read_command_line(program_, table_, std::move(arguments));
    if (line.ended) return line.exit;
    take_file(line.config);
    take_environment();
    for (const auto& [name, occurrences] : line.flags)
      take_flag(name, occurrences);
    Loaded loaded;
    for (const Setting* setting : table_)
      add(*setting, loaded.values);
    if (!mistakes_.empty()) return refused();
    if (line.print_config) return Exit{0, describe(loaded.values), {}};
    loaded.command = line.command;
    loaded.argument = line.argument;
    loaded.warnings = std::move(warnings_);
    return loaded;
  }

 private:
  void take_file(std::string path) {
    std::string named_by = "flag --config";
    if (const auto found = env_.find("LINEKEEPER_CONFIG"); path.empty() && found != env_.end()) {
      path = found->second;
      named_by = "environment LINEKEEPER_CONFIG";
    }
    if (path.empty()) return;
    std::ifstream file(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), {});
    if (!file.is_open() || file.bad()) {
      mistakes_.push_back(path + " (" + named_by + "): cannot be read: " + std::strerror(errno));
      return;
    }
    const FileContent content = read_config(text);
    for (const unsigned number : content.bad_lines) {
      mistakes_.push_back(path + " line " + std::to_string(number) + ": expected `key = value`");
    }
    for (const FileEntry& entry : content.entries)
      take_file_entry(path, entry);
  }

  void take_file_entry(const std::string& path, const FileEntry& entry) {
    const std::string where = path + " line " + std::to_string(entry.line);
    const Setting* setting = find(entry.key);
    if (setting == nullptr) {
      mistakes_.push_back(where + ": unknown key " + entry.key + hint(entry.key));
    } else if (setting->type == Type::list && written_.contains(entry.key)) {
      written_[entry.key].text += '\n' + entry.value;
    } else if (written_.contains(entry.key)) {
      mistakes_.push_back(where + ": " + entry.key + " stands twice, first in " + written_[entry.key].source.where);
    } else {
      written_[entry.key] = {entry.value, {Source::Kind::file, where}};
    }
  }

  void take_environment() {
    std::set<std::string> known = {"LINEKEEPER_CONFIG"};
    for (const Setting& setting : all_settings()) {
      const std::string variable = environment_name(setting.name);
      known.insert(variable);
      const auto found = env_.find(variable);
      if (found == env_.end()) continue;
      std::string text = found->second;
      if (setting.type == Type::list) std::replace(text.begin(), text.end(), ';', '\n');
      written_[setting.name] = {text, {Source::Kind::environment, "environment " + variable}};
    }
    for (const auto& [variable, value] : env_) {
      if (!variable.starts_with(kPrefix) || known.contains(variable)) continue;
      std::string name = variable.substr(kPrefix.size());
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return c == '_' ? '-' : static_cast<char>(std::tolower(c)); });
      warnings_.push_back("environment " + variable + " is not a setting and is ignored" + hint(name));
    }
  }

  void take_flag(const std::string& name, const std::vector<std::string>& occurrences) {
    if (occurrences.empty()) return;
    const Source source{Source::Kind::flag, "flag --" + name};
    const Setting* setting = find(name);
    if (setting->type == Type::list) {
      std::string text;
      for (const auto& occurrence : occurrences)
        text += (text.empty() ? "" : "\n") + occurrence;
      written_[name] = {text, source};
    } else if (occurrences.size() > 1) {
      mistakes_.push_back("--" + name + " stands twice");
    } else {
      const bool bare = setting->type == Type::flag && (occurrences[0].empty() || occurrences[0] == "{}");
      written_[name] = {bare ? "on" : occurrences[0], source};
    }
  }

  void add(const Setting& setting, Values& values) {
    Values::Entry entry;
    entry.setting = &setting;
    entry.written = setting.fallback;
    if (const auto found = written_.find(setting.name); found != written_.end()) {
      entry.written = found->second.text;
      entry.source = found->second.source;
    }
    auto parsed = parse(setting, entry.written);
    if (auto* refusal = std::get_if<Refusal>(&parsed)) {
      const std::string shown = setting.secret ? "its value" : "\"" + entry.written + "\"";
      mistakes_.push_back(setting.name + " (" + entry.source.where + "): " + shown + " is not " + refusal->allowed);
      return;
    }
    entry.value = std::move(std::get<Value>(parsed));
    values.set(setting.name, std::move(entry));
  }

  Exit refused() const {
    Exit exit{2, {}, {}};
    for (const auto& mistake : mistakes_)
      exit.err += program_.name + ": " + mistake + '\n';
    exit.err += "Try " + program_.name + " --help.\n";
    return exit;
  }

  const ProgramInfo& program_;
  const Environment& env_;
  std::vector<const Setting*> table_;
  std::map<std::string, Written> written_;
  std::vector<std::string> mistakes_;
  std::vector<std::string> warnings_;
};

}  // namespace

Environment process_environment() {
  Environment env;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (const std::size_t mark = text.find('='); mark != std::string_view::npos) {
      env.emplace(text.substr(0, mark), text.substr(mark + 1));
    }
  }
  return env;
}

std::variant<Loaded, Exit> load(const ProgramInfo& program, std::vector<std::string> arguments,
                                const Environment& env) {
  return Loading(program, env).run(std::move(arguments));
}

Loaded load_or_exit(const ProgramInfo& program, int argc, char** argv) {
  auto result = load(program, {argv + std::min(argc, 1), argv + argc}, process_environment());
  if (const auto* exit = std::get_if<Exit>(&result)) {
    std::cout << exit->out << std::flush;
    std::cerr << exit->err << std::flush;
    std::exit(exit->exit_code);
  }
  return std::move(std::get<Loaded>(result));
}

}  // namespace linekeeper::settings
