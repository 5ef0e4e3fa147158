#pragma once

#include <cstddef>
#include <cstdint>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/session/changes.hpp"

namespace linekeeper::transport {

/// A run of one-time prekey ids. The stored field says up to which id the server has confirmed ours; what was made
/// after that and before `next_prekey_id` is uploaded before new ones are made, so that a lost answer costs no keys.
struct PrekeyRange {
  std::uint32_t first = 1;
  std::size_t count = 0;

  /// Made but not confirmed. Empty if nothing is known, or the run is longer than any upload of ours.
  static PrekeyRange unconfirmed(const Fetched& found, std::uint32_t next_prekey_id);
  /// The value of the field: everything before `next` is confirmed.
  static Bytes write_confirmed(std::uint32_t next);
};

}  // namespace linekeeper::transport
