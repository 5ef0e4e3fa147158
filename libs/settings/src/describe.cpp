#include "linekeeper/settings/load.hpp"

namespace linekeeper::settings {
namespace {

/// What may be shown of a secret: of a URL all but user and password, of a `name=value` entry the name, else nothing.
std::string hidden(const Setting& setting, const std::string& written) {
  if (setting.type == Type::url) {
    // The last @ of all: a password written without escapes may hold any other mark.
    const std::size_t host = written.find("://") + 3;
    const std::size_t at = written.rfind('@');
    return at == std::string::npos || at < host ? written : written.substr(0, host) + "***@" + written.substr(at + 1);
  }
  const std::size_t mark = setting.type == Type::list ? written.find('=') : std::string::npos;
  return mark == std::string::npos ? "***" : written.substr(0, mark) + "=***";
}

std::string line(const std::string& name, std::string value, const Source& source) {
  if (value.find_first_of(" #\"") != std::string::npos) value = '"' + value + '"';
  std::string out = name + " = " + value;
  if (out.size() < 60) out.resize(60, ' ');
  return out + "  # " + source.where + '\n';
}

}  // namespace

std::string describe(const Values& values) {
  std::string out;
  for (const auto& [name, entry] : values.entries()) {
    if (std::holds_alternative<std::monostate>(entry.value)) {
      out.append("# ").append(name).append(" is not set\n");
      continue;
    }
    const bool list = entry.setting->type == Type::list;
    for (const auto& one : list ? std::get<std::vector<std::string>>(entry.value) : std::vector{entry.written}) {
      out += line(name, entry.setting->secret ? hidden(*entry.setting, one) : one, entry.source);
    }
  }
  return out;
}

}  // namespace linekeeper::settings
