#include "parse.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace linekeeper::settings {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr Unit kDurations[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit kSizes[] = {{"", 1},           {"KiB", 1ULL << 10}, {"K", 1ULL << 10}, {"MiB", 1ULL << 20},
                           {"M", 1ULL << 20}, {"GiB", 1ULL << 30}, {"G", 1ULL << 30}};

std::optional<std::uint64_t> whole(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> with_unit(std::string_view text, std::span<const Unit> units) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto value = whole(text.substr(0, digits));
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == text.substr(digits); });
  if (!value || unit == units.end() || *value > UINT64_MAX / unit->factor) return std::nullopt;
  return *value * unit->factor;
}

std::optional<bool> truth(std::string_view text) {
  for (const std::string_view yes : {"on", "true", "yes", "1"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"off", "false", "no", "0"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

/// Per second; infinity for `off`.
std::optional<double> rate(std::string_view text) {
  if (text == "off") return INFINITY;
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view per = text.substr(slash + 1);
  const double seconds = per == "s" ? 1 : per == "m" ? 60 : per == "h" ? 3600 : 0;
  double value = 0;
  const char* const number_end = text.data() + slash;
  const auto [end, error] = std::from_chars(text.data(), number_end, value, std::chars_format::fixed);
  if (seconds == 0 || error != std::errc{} || end != number_end || !(value > 0) || value > 1e6) return std::nullopt;
  return value / seconds;
}

bool is_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto port = whole(text.substr(colon + 1));
  const std::string_view host = text.substr(0, colon);
  const bool bracketed = host.front() == '[' && host.back() == ']' && host.size() > 2;
  return port && *port <= 65535 && (bracketed || host.find_first_of(":[]/ ") == std::string_view::npos);
}

bool is_url(std::string_view text, const std::vector<std::string>& schemes) {
  const std::size_t mark = text.find("://");
  if (mark == std::string_view::npos || text.size() == mark + 3 || text.find(' ') != std::string_view::npos)
    return false;
  return std::find(schemes.begin(), schemes.end(), text.substr(0, mark)) != schemes.end();
}

std::string joined(const std::vector<std::string>& words, std::string_view between, std::string_view after = "") {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += between;
    out += word;
    out += after;
  }
  return out;
}

std::optional<Value> value_of(const Setting& setting, std::string_view text) {
  const auto bounded = [&](std::optional<std::uint64_t> value) {
    return value && *value >= setting.least && *value <= setting.most ? value : std::nullopt;
  };
  switch (setting.type) {
    case Type::text: return std::string(text);
    case Type::flag:
      if (const auto value = truth(text)) return *value;
      return std::nullopt;
    case Type::count:
      if (const auto value = bounded(whole(text))) return *value;
      return std::nullopt;
    case Type::bytes:
      if (const auto value = bounded(with_unit(text, kSizes))) return *value;
      return std::nullopt;
    case Type::duration:
      // Beyond a century nobody means it, and chrono arithmetic on it would overflow.
      if (const auto value = bounded(with_unit(text, kDurations)); value && *value <= 36'500ULL * 86'400'000) {
        return std::chrono::milliseconds(*value);
      }
      return std::nullopt;
    case Type::rate:
      if (const auto value = rate(text)) return *value;
      return std::nullopt;
    case Type::url:
      if (is_url(text, setting.choices)) return std::string(text);
      return std::nullopt;
    case Type::choice:
      if (std::find(setting.choices.begin(), setting.choices.end(), text) != setting.choices.end())
        return std::string(text);
      return std::nullopt;
    case Type::hex32: {
      const auto bytes = from_hex(text);
      const auto key = bytes ? exactly<32>(*bytes) : std::nullopt;
      if (key) return *key;
      return std::nullopt;
    }
    case Type::list: {
      std::vector<std::string> entries;
      while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (end > 0) entries.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
      }
      return entries;
    }
    case Type::address:
      if (is_address(text)) return std::string(text);
      return std::nullopt;
  }
  return std::nullopt;
}

std::string bounds(const Setting& setting, const auto& write) {
  std::string out;
  if (setting.least > 0) out += ", at least " + write(setting.least);
  if (setting.most != UINT64_MAX) out += ", at most " + write(setting.most);
  return out;
}

}  // namespace

std::variant<Value, Refusal> parse(const Setting& setting, std::string_view written) {
  if (written.empty()) return Value{};
  if (auto value = value_of(setting, written)) return std::move(*value);
  return Refusal{allowed_values(setting)};
}

std::string write_duration(std::uint64_t ms) {
  for (const Unit& unit : {kDurations[4], kDurations[3], kDurations[2], kDurations[1]}) {
    if (ms > 0 && ms % unit.factor == 0) return std::to_string(ms / unit.factor) + std::string(unit.name);
  }
  return std::to_string(ms) + "ms";
}

std::string allowed_values(const Setting& setting) {
  const auto plain = [](std::uint64_t value) { return std::to_string(value); };
  switch (setting.type) {
    case Type::text: return "a text";
    case Type::flag: return "on or off";
    case Type::count: return "a whole number" + bounds(setting, plain);
    case Type::duration: return "a duration such as 500ms, 15s, 10m, 2h" + bounds(setting, write_duration);
    case Type::rate: return "a rate such as 50/s or 30/m, or off";
    case Type::bytes: return "a size such as 65536, 64KiB, 16MiB" + bounds(setting, plain);
    case Type::url: return "a URL beginning with " + joined(setting.choices, " or ", "://");
    case Type::choice: return "one of " + joined(setting.choices, ", ");
    case Type::hex32: return "64 hex digits";
    case Type::list: return "a list";
    case Type::address: return "host:port, e.g. 127.0.0.1:9100 or [::1]:9100";
  }
  return {};
}

}  // namespace linekeeper::settings
