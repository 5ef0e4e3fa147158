#include "config_file.hpp"

#include <algorithm>

namespace linekeeper::settings {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// False if the value is quoted and the quotes do not close.
bool read_value(std::string_view text, std::string& value) {
  if (!text.empty() && text.front() == '"') {
    const std::size_t end = text.find('"', 1);
    if (end == std::string_view::npos) return false;
    const std::string_view after = trimmed(text.substr(end + 1));
    value = text.substr(1, end - 1);
    return after.empty() || after.front() == '#';
  }
  if (!text.empty() && text.front() == '#') text = {};
  value = trimmed(text.substr(0, text.find(" #")));
  return true;
}

}  // namespace

FileContent read_config(std::string_view text) {
  FileContent content;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  unsigned number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    // Whichever comes first: a value may hold both, as in kafka-property = a=b or redis-url: redis://…
    const std::size_t mark = line.find_first_of("=:");
    FileEntry entry;
    entry.line = number;
    if (mark != std::string_view::npos) entry.key = trimmed(line.substr(0, mark));
    if (entry.key.empty() || entry.key.find_first_of(" \t") != std::string::npos ||
        !read_value(trimmed(line.substr(mark + 1)), entry.value)) {
      content.bad_lines.push_back(number);
      continue;
    }
    content.entries.push_back(std::move(entry));
  }
  return content;
}

}  // namespace linekeeper::settings
