#include "linekeeper/settings/values.hpp"

#include <cmath>
#include <stdexcept>

namespace linekeeper::settings {
namespace {

[[noreturn]] void defect(std::string_view name, const char* what) {
  throw std::logic_error("setting " + std::string(name) + ": " + what);
}

template <typename T>
const T& as(std::string_view name, const Value& value) {
  const T* held = std::get_if<T>(&value);
  if (held == nullptr) defect(name, "not set, or read as another type than it has");
  return *held;
}

}  // namespace

const Values::Entry& Values::entry(std::string_view name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) defect(name, "unknown to this program");
  return found->second;
}

bool Values::is_set(std::string_view name) const {
  return !std::holds_alternative<std::monostate>(entry(name).value);
}
const Source& Values::source(std::string_view name) const {
  return entry(name).source;
}

const std::string& Values::text(std::string_view name) const {
  static const std::string empty;
  return is_set(name) ? as<std::string>(name, entry(name).value) : empty;
}
bool Values::enabled(std::string_view name) const {
  return is_set(name) && as<bool>(name, entry(name).value);
}
std::uint64_t Values::number(std::string_view name) const {
  return as<std::uint64_t>(name, entry(name).value);
}
std::chrono::milliseconds Values::duration(std::string_view name) const {
  return as<std::chrono::milliseconds>(name, entry(name).value);
}
std::optional<double> Values::rate(std::string_view name) const {
  const double value = as<double>(name, entry(name).value);
  return std::isinf(value) ? std::nullopt : std::optional(value);
}
std::optional<Key32> Values::hex32(std::string_view name) const {
  return is_set(name) ? std::optional(as<Key32>(name, entry(name).value)) : std::nullopt;
}
const std::vector<std::string>& Values::list(std::string_view name) const {
  static const std::vector<std::string> empty;
  return is_set(name) ? as<std::vector<std::string>>(name, entry(name).value) : empty;
}

}  // namespace linekeeper::settings
