#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "linekeeper/message/envelope.hpp"
#include "linekeeper/session/changes.hpp"

namespace linekeeper::transport {

/// The two addresses of people during one operation: what is stored about them, and what a stanza teaches. One's own
/// pair is known from the start. Phone numbers and hidden ids by user part; device numbers are the same in both.
class LidMap {
 public:
  explicit LidMap(const message::OwnAddresses& own);

  /// This person's other address will be asked for.
  void want(const Jid& person);
  /// These are one person, in either order; anything else is ignored.
  void learn(const Jid& a, const Jid& b);

  /// The fields that answer what is wanted, and that show whether what was learned is new.
  std::vector<std::string> fields() const;
  void load(const Fetched& found);

  /// The same device under the other address, if known. What was just learned wins over what is stored.
  std::optional<Jid> other(const Jid& jid) const;
  /// The form everything is kept under: the hidden id if it is known. Keeps the device.
  Jid canonical(const Jid& jid) const;
  /// The phone number's digits, empty if unknown.
  std::string phone(const Jid& jid) const;

  /// What was learned and is not stored yet. The newest hidden id of a number wins; the old one stays readable.
  Changes changes() const;

 private:
  std::map<std::string, std::string, std::less<>> lid_of_;
  std::map<std::string, std::string, std::less<>> pn_of_;
  std::set<std::string> wanted_;
  std::map<std::string, std::string> learned_;  ///< Number to hidden id.
  Fetched stored_;
};

}  // namespace linekeeper::transport
