#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linekeeper/auth/commit.hpp"

namespace linekeeper::auth {

/// Names one inbound message of one session: 12 bytes of SHA-256 over session, chat, sender and id.
Bytes inbound_digest(std::string_view session, std::string_view chat, std::string_view sender, std::string_view id);

/// What becomes of inbound messages once they are committed: acknowledge, publish, forget the payload. A plain machine
/// for one line and one time its lease is held.
class InboundLedger {
 public:
  struct Step {
    std::vector<std::string> acknowledge;  ///< Event ids: acknowledge these to the server now.
    std::vector<PendingEvent> publish;     ///< Hand these to the producer, in this order, after the acknowledgements.
  };

  /// The lease was gained: `found` was committed by a holder before. They are published, not acknowledged: the server
  /// delivers again what it missed.
  Step on_held(std::vector<PendingEvent> found);
  /// A message was committed. `fresh` as the commit answered: a repeated one is acknowledged and not published anew.
  Step on_committed(PendingEvent event, bool fresh);
  /// The acknowledgement is on its way, or cannot be any more (the connection broke): then the event is published all
  /// the same, and the server's repetition is acknowledged when it comes.
  Step on_acknowledged(std::string_view id);
  /// Kafka acknowledged the event, or a stub that took its place.
  void on_published(std::string_view id);

  /// Events whose payload may go: put them into the next commit as `published`.
  std::vector<std::string> to_forget() const;
  /// That commit was applied.
  void on_forgotten(const std::vector<std::string>& ids);

  /// Order number for the next event.
  std::uint64_t next_order() noexcept { return ++order_; }
  std::size_t unpublished() const noexcept;

 private:
  struct Waiting {
    PendingEvent event;
    bool acknowledged;
  };
  Step release();

  std::map<std::uint64_t, Waiting> waiting_;         ///< Not yet handed to the producer, by order.
  std::map<std::string, bool, std::less<>> handed_;  ///< With the producer; true once Kafka acknowledged.
  std::uint64_t order_ = 0;
};

}  // namespace linekeeper::auth
