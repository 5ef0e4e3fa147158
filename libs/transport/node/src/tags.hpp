#pragma once

#include <cstdint>

namespace linekeeper::transport {

/// The bytes that open a form on the wire. 1 to 235 are single-byte tokens, 240 to 244 unassigned.
enum Tag : std::uint8_t {
  kListEmpty = 0,
  kDictionary0 = 236,
  kDictionary3 = 239,
  kInteropJid = 245,  ///< user, device:2, integrator:2, server
  kFbJid = 246,       ///< user, device:2, server
  kAdJid = 247,       ///< domain:1, device:1, user
  kList8 = 248,
  kList16 = 249,
  kJidPair = 250,  ///< user or LIST_EMPTY, server
  kHex8 = 251,
  kBinary8 = 252,
  kBinary20 = 253,
  kBinary32 = 254,
  kNibble8 = 255,
};

/// The domain byte of an AD JID.
enum Domain : std::uint8_t { kDomainPn = 0, kDomainLid = 1, kDomainHosted = 128, kDomainHostedLid = 129 };

inline constexpr std::uint8_t kFlagCompressed = 0x02;
/// Longer strings are not packed, though a reader may meet up to 254 characters.
inline constexpr std::size_t kPackedMax = 127;

}  // namespace linekeeper::transport
