#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "linekeeper/node/jid.hpp"

namespace linekeeper::transport::signal {

/// One device as the ratchets know it. Never goes on the wire: it only names records. A person's number and hidden id
/// are two different addresses with sessions of their own; use the hidden id wherever it is known.
struct Address {
  std::string name;
  std::uint32_t device = 0;

  /// `<name>.<device>`.
  std::string str() const;
  static std::optional<Address> parse(std::string_view text);

  friend auto operator<=>(const Address&, const Address&) = default;
};

/// `<user>` for a number, `<user>_1` for a hidden id, `_128` and `_129` for their hosted forms, `<user>@<server>` for
/// the rest; the forms whatsmeow and Baileys use too.
Address address_of(const Jid& jid);

}  // namespace linekeeper::transport::signal
