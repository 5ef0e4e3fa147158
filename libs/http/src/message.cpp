#include "linekeeper/http/message.hpp"

namespace linekeeper::http {

std::optional<std::string_view> Request::parameter(std::string_view name) const noexcept {
  for (const Header& entry : query)
    if (entry.name == name) return entry.value;
  return std::nullopt;
}

Response Response::text(unsigned status, std::string body) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body)};
}

Response Response::json(unsigned status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

}  // namespace linekeeper::http
