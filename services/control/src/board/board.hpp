#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "linekeeper/v1/event.pb.h"

namespace linekeeper::control {

using UnixTime = std::chrono::system_clock::time_point;

/// Where in events.connection something stood.
struct Place {
  std::int32_t partition = 0;
  std::int64_t offset = -1;
};

/// What was last heard of each line: events in, the latest of each session out. A plain machine, no I/O and no clock.
///
/// Of two events of a session the one with the higher (token, sequence) stands; one without a lease (token 0) never
/// replaces one with. Readers walk over changes with a Cursor: a reader that was slow sees the latest of each session,
/// not each step on the way, so that nothing has to be kept for it.
class Board {
 public:
  struct Entry {
    v1::ConnectionEvent event;
    Place place;
    std::uint64_t change = 0;  ///< Rises with each event taken, over all sessions.
  };

  /// True if it stands now; false for one that is older than what stands.
  bool take(Place place, v1::ConnectionEvent event);

  /// Null for a session that was not heard of.
  const Entry* find(std::string_view session) const;

  /// The QR or code of a line, while it may be shown: status PAIRING and not expired at `now`.
  const Entry* pairing(std::string_view session, UnixTime now) const;

  /// Wipes the QRs and codes that expired.
  void forget_expired(UnixTime now);

  /// What a reader has seen: a position in this replica, and in Kafka for whoever takes over.
  class Cursor {
   public:
    /// Everything from the beginning.
    Cursor() = default;
    /// After what a token says was seen. Nothing if it is no token.
    static std::optional<Cursor> parse(std::string_view token);
    std::string token() const;

   private:
    friend class Board;
    std::uint64_t change_ = 0;
    std::map<std::int32_t, std::int64_t> seen_;  ///< Partition and the last offset.
  };

  /// The next entry the cursor has not seen, and moves it on; null at the end. Valid until the next `take`.
  const Entry* next(Cursor& cursor) const;

  std::size_t size() const noexcept { return entries_.size(); }

 private:
  std::unordered_map<std::string, Entry> entries_;
  std::map<std::uint64_t, const Entry*> changes_;  ///< The latest of each session, in the order they came.
  std::multimap<UnixTime, std::string> expiries_;
  std::uint64_t last_change_ = 0;
};

}  // namespace linekeeper::control
