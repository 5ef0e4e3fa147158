#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace linekeeper::settings {

/// One `key = value` or `key: value` of a file.
struct FileEntry {
  std::string key;
  std::string value;
  unsigned line = 0;
};

/// Blank lines and those beginning with `#` or `;` say nothing; a value may stand in double quotes, which keeps blanks
/// and `#` in it. Elsewhere ` #` begins a comment. Lines that are none of this are collected in `bad_lines`.
struct FileContent {
  std::vector<FileEntry> entries;
  std::vector<unsigned> bad_lines;
};
FileContent read_config(std::string_view text);

}  // namespace linekeeper::settings
