#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/settings/setting.hpp"

namespace linekeeper::settings {

/// Where a value came from, in words a person can follow: `default`, `flag --threads`,
/// `environment LINEKEEPER_THREADS`, `worker.conf line 3`.
struct Source {
  enum class Kind { fallback, file, environment, flag };
  Kind kind = Kind::fallback;
  std::string where = "default";
};

/// What stands in a `Type` once parsed. Unset values are monostate.
using Value = std::variant<std::monostate, std::string, bool, std::uint64_t, std::chrono::milliseconds, double, Key32,
                           std::vector<std::string>>;

/// The effective settings of one program run. Reading a name that the program's table lacks, or with the wrong type,
/// is a defect and throws std::logic_error. Immutable once loaded, so any thread may read.
class Values {
 public:
  struct Entry {
    const Setting* setting = nullptr;
    std::string written;  ///< As the user wrote it; entries of a list joined by newlines.
    Value value;
    Source source;
  };

  void set(std::string name, Entry entry) { entries_[std::move(name)] = std::move(entry); }

  bool is_set(std::string_view name) const;
  const Source& source(std::string_view name) const;

  /// text, url, choice, address; empty if not set.
  const std::string& text(std::string_view name) const;
  bool enabled(std::string_view name) const;
  /// count and bytes.
  std::uint64_t number(std::string_view name) const;
  std::chrono::milliseconds duration(std::string_view name) const;
  /// Per second; nothing for `off`.
  std::optional<double> rate(std::string_view name) const;
  std::optional<Key32> hex32(std::string_view name) const;
  const std::vector<std::string>& list(std::string_view name) const;

  const std::map<std::string, Entry, std::less<>>& entries() const noexcept { return entries_; }

 private:
  const Entry& entry(std::string_view name) const;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace linekeeper::settings
