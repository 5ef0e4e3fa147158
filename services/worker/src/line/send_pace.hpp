#pragma once

#include <chrono>
#include <optional>

#include "line/line_settings.hpp"
#include "linekeeper/auth/ledger_record.hpp"
#include "linekeeper/base/token_bucket.hpp"
#include "linekeeper/contract/line_record.hpp"

namespace linekeeper::worker {

using contract::SendPause;
using contract::SendPauses;

/// When the messages of one line may go out: at its rate, at a slower one to people without earlier contact, and not
/// during a pause. A plain machine: the caller brings the clocks and waits.
class SendPace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `pauses`: as a holder before us left them.
  SendPace(const LineRules& rules, SendPauses pauses);

  /// Whether it matters to whom a message goes.
  bool asks_for_contacts(auth::UnixMs now) const noexcept {
    return strangers_.has_value() || pauses_.first_contacts.on(now);
  }
  /// Takes a turn: the time from which on the message may go. Turns are given in the order of the calls.
  Time reserve(bool first_contact, Time now) noexcept;

  const SendPauses& pauses() const noexcept { return pauses_; }

  /// The server answered 429. Each time in a row twice as long.
  void rate_limited(auth::UnixMs now);
  /// The server answered 463. It must not be tried again by itself: every attempt makes it worse.
  void restricted(auth::UnixMs now);

 private:
  using Length = std::chrono::milliseconds;
  static void begin(SendPause& pause, Length& length, v1::ErrorCode code, Length first, Length most, auth::UnixMs now);

  Length pause_first_;
  Length restriction_first_;
  SendPauses pauses_;
  Length pause_length_{0};
  Length restriction_length_{0};
  std::optional<TokenBucket> all_;
  std::optional<TokenBucket> strangers_;
};

}  // namespace linekeeper::worker
