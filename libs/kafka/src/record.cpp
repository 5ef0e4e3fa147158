#include "linekeeper/kafka/record.hpp"

#include <algorithm>

namespace linekeeper::kafka {

std::optional<std::string_view> find_header(const Headers& headers, std::string_view name) noexcept {
  const auto found = std::find_if(headers.rbegin(), headers.rend(), [&](const Header& h) { return h.name == name; });
  if (found == headers.rend()) return std::nullopt;
  return found->value;
}

}  // namespace linekeeper::kafka
