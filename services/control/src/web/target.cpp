#include "web/target.hpp"

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::control {
namespace {

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::optional<std::string> decoded(std::string_view segment) {
  std::string out;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      out += segment[i];
      continue;
    }
    const auto byte = i + 3 <= segment.size() ? from_hex(segment.substr(i + 1, 2)) : std::nullopt;
    if (!byte || byte->size() != 1) return std::nullopt;
    out += static_cast<char>(byte->front());
    i += 2;
  }
  return out;
}

}  // namespace

std::optional<std::vector<std::string>> segments_of(std::string_view target) {
  if (!target.starts_with('/')) return std::nullopt;
  target = target.substr(1, target.find_first_of("?#") - 1);
  std::vector<std::string> segments;
  while (!target.empty()) {
    const std::size_t end = std::min(target.find('/'), target.size());
    auto segment = decoded(target.substr(0, end));
    if (!segment) return std::nullopt;
    segments.push_back(std::move(*segment));
    target.remove_prefix(std::min(end + 1, target.size()));
  }
  return segments;
}

std::string escaped(std::string_view segment) {
  std::string out;
  for (const char c : segment) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      out.append("%").append(to_hex({&byte, 1}));
    }
  }
  return out;
}

}  // namespace linekeeper::control
