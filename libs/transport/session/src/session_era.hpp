#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "linekeeper/session/changes.hpp"
#include "linekeeper/signal/address.hpp"

namespace linekeeper::transport {

/// Which sessions may be sent in. After the stored state went back in time, its sending chains are where they were
/// once before: the next message would be sealed under a key that sealed another one already. So every such event
/// begins a new era (`DeviceCredentials::session_era`), and a session is sent in only if it was started in the present
/// one. In era 0, where nearly every line lives, nothing is stored or fetched for it. For one operation; without I/O.
class SessionEra {
 public:
  explicit SessionEra(std::uint32_t present) noexcept : present_(present) {}

  /// What has to be fetched beside this session.
  void add_fields(const signal::Address& address, std::vector<std::string>& names) const;
  void load(const Fetched& found);

  /// Whether this session, if there is one, was started in the present era.
  bool covers(const signal::Address& address) const;
  /// It was started now.
  void started(const signal::Address& address);
  /// What to store along with the sessions.
  Changes changes() const;

 private:
  std::uint32_t present_;
  std::set<std::string, std::less<>> current_;  ///< Fields that name the present era.
  std::set<std::string, std::less<>> started_;
};

}  // namespace linekeeper::transport
