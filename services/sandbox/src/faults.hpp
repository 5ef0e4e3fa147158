#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linekeeper/base/result.hpp"
#include "wire.hpp"

namespace linekeeper::sandbox {

/// Whom something happens to, as far as it is known at that moment.
struct Subject {
  ConnectionId connection = 0;
  std::string_view phone;  ///< The account's number; empty before login.
  int device = -1;         ///< -1 before login.
};

/// A defect somebody ordered: what, for whom, how often.
struct Fault {
  std::uint64_t id = 0;
  std::string kind;
  // Whom: everything left out means everybody.
  std::optional<ConnectionId> connection;
  std::optional<std::string> phone;
  std::optional<int> device;
  std::optional<std::uint64_t> times;  ///< Nothing: until cleared.
  std::uint64_t hits = 0;
  std::map<std::string, std::string, std::less<>> parameters;

  std::optional<std::uint64_t> number(std::string_view name) const;
  std::string text(std::string_view name, std::string_view fallback = {}) const;
  bool matches(const Subject& subject) const noexcept;
};

/// What a kind of fault is for and which parameters it takes; the table behind `GET /admin/faults`.
struct FaultKind {
  std::string_view name;
  std::string_view effect;
  std::vector<std::string_view> parameters;
};

const std::vector<FaultKind>& fault_kinds();

/// The faults in force. Empty nearly always, and then every question costs one comparison.
class Faults {
 public:
  /// Errors: `invalid_argument` with the reason in `why` for an unknown kind or parameter.
  Result<std::uint64_t> add(Fault fault, std::string& why);
  bool remove(std::uint64_t id);
  std::size_t clear();
  const std::vector<Fault>& all() const noexcept { return faults_; }

  /// The first fault of this kind that hits the subject, counted as a hit and gone once used up.
  std::optional<Fault> take(std::string_view kind, const Subject& subject);
  /// The same, only where the parameter is absent or has this value.
  std::optional<Fault> take(std::string_view kind, const Subject& subject, std::string_view parameter,
                            std::string_view value);
  /// Counts one stanza against every `drop` fault with `after`; the first that reaches its number is returned.
  std::optional<Fault> count_stanza(const Subject& subject, bool inbound);

 private:
  std::optional<Fault> use(std::size_t index);

  std::vector<Fault> faults_;
  std::uint64_t next_id_ = 1;
};

}  // namespace linekeeper::sandbox
