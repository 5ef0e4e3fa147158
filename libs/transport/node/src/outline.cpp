#include <algorithm>

#include "linekeeper/node/node.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::size_t kLongestName = 48;

/// A name as the protocol uses them. Anything else could be a value in the wrong place, and stays out of logs.
std::string_view shown(std::string_view name) noexcept {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == ':' || c == '.';
  };
  const auto digits = std::count_if(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  const bool fine = !name.empty() && name.size() <= kLongestName && digits <= 3 &&
                    std::all_of(name.begin(), name.end(), [&](char c) { return plain(c) || (c >= '0' && c <= '9'); });
  return fine ? name : std::string_view("?");
}

void write(std::string& out, const Node& node, std::size_t limit) {
  out.append(shown(node.tag));
  if (!node.attrs.empty()) {
    out.push_back('[');
    for (std::size_t i = 0; i < node.attrs.size() && out.size() < limit; ++i) {
      if (i != 0) out.push_back(',');
      out.append(shown(node.attrs[i].key));
    }
    out.push_back(']');
  }
  const auto children = node.children();
  if (children.empty()) return;
  out.push_back('{');
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (i != 0) out.push_back(',');
    if (out.size() >= limit) {
      out.append("…");
      break;
    }
    // Long lists are runs of the same thing; their number says enough.
    std::size_t run = 1;
    while (i + run < children.size() && children[i + run].tag == children[i].tag)
      ++run;
    write(out, children[i], limit);
    if (run > 1) out.append("×").append(std::to_string(run));
    i += run - 1;
  }
  out.push_back('}');
}

}  // namespace

std::string outline(const Node& node, std::size_t limit) {
  std::string out;
  write(out, node, limit);
  return out;
}

}  // namespace linekeeper::transport
