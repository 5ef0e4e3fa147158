#include "linekeeper/redis/reply.hpp"

#include <charconv>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::redis {

std::optional<std::int64_t> Reply::integer() const noexcept {
  if (const auto* number = std::get_if<std::int64_t>(&value_)) return *number;
  const auto text = string();
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return number;
}

std::optional<std::string_view> Reply::string() const noexcept {
  if (const auto* text = std::get_if<std::string>(&value_)) return *text;
  return std::nullopt;
}

const Reply& Reply::at(std::size_t index) const noexcept {
  static const Reply nil;
  const Array* elements = array();
  return elements && index < elements->size() ? (*elements)[index] : nil;
}

std::string_view Reply::error_text() const noexcept {
  const auto* error = std::get_if<Error>(&value_);
  return error ? std::string_view(error->text) : std::string_view();
}

error_code error_of(const Reply& reply) noexcept {
  if (!reply.is_error()) return {};
  const std::string_view text = reply.error_text();
  const std::string_view word = text.substr(0, text.find(' '));
  if (word == "OOM") return Errc::store_full;
  // A server that loads, follows another, cannot write its file or runs somebody's endless script: it may pass.
  for (const std::string_view passing :
       {"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "MISCONF", "NOREPLICAS"})
    if (word == passing) return Errc::store_unavailable;
  return Errc::store_refused;
}

}  // namespace linekeeper::redis
