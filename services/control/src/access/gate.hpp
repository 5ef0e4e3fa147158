#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "access/access_list.hpp"
#include "access/caller.hpp"
#include "access/key_set.hpp"
#include "failure.hpp"

namespace linekeeper::control {

/// What a call brings to say who it is.
struct Presented {
  std::string remote;         ///< The peer's address without port: failures are counted by it.
  std::string authorization;  ///< The header of that name; empty: none.
  std::string certificate;    ///< Common name of the verified client certificate; empty: none.
};

/// Decides who a caller is and whether it may do a thing. No I/O; the caller brings the time. One thread.
///
/// Without an access list and a key set everybody is `local` with all roles: whoever sets it up so listens on loopback
/// only. After ten refused logins within a minute an address is refused without a look at what it brings.
class Gate {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Rules {
    std::optional<AccessList> list;
    std::optional<KeySet> keys;
    KeySet::Expected expected;
  };
  Gate() = default;
  explicit Gate(Rules rules) : rules_(std::move(rules)) {}

  bool open_to_all() const noexcept { return !rules_.list && !rules_.keys; }

  /// Errors: UNAUTHENTICATED, TOO_MANY_FAILURES.
  Answer<Caller> identify(const Presented& presented, Time now, std::chrono::system_clock::time_point wall);

  /// New rules from now on: the files were read again.
  void use(Rules rules) { rules_ = std::move(rules); }

 private:
  struct Failures {
    Time since;
    unsigned count = 0;
  };
  Failure refuse(const std::string& remote, Time now, std::string detail);
  bool blocked(const std::string& remote, Time now) const;

  Rules rules_;
  std::unordered_map<std::string, Failures> failures_;
};

}  // namespace linekeeper::control
