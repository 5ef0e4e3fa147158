#pragma once

#include <functional>
#include <string>

#include "line/line_context.hpp"
#include "line/line_events.hpp"
#include "line/line_journal.hpp"
#include "linekeeper/auth/inbound_ledger.hpp"
#include "linekeeper/net/task_group.hpp"
#include "linekeeper/session/changes.hpp"
#include "linekeeper/session/events.hpp"

namespace linekeeper::worker {

/// What comes in on one line while its lease is held: committed together with the ratchet, acknowledged, published,
/// forgotten. Threads: the line's.
class Inbox {
 public:
  /// `command_of` names the command that a message of ours answered, or gives an empty string.
  Inbox(LineContext& context, std::string session, LineJournal& journal, LineEvents& events,
        std::function<std::string(std::string_view)> command_of);

  /// Publishes what a holder before us committed and could not publish.
  void start(std::vector<auth::PendingEvent> found);

  /// True: new. The caller may acknowledge to the server when this returns without an error.
  awaitable<Result<bool>> take(transport::Inbound inbound, transport::Changes changes);

  /// Whether this message was committed before. Errors as `LineStore::has_inbound`.
  awaitable<Result<bool>> knows(transport::InboundMessage message);

  /// Kafka has everything that was committed. Nothing comes in meanwhile: the line's connection is closed before.
  awaitable<void> drained();
  /// Publications under way have ended, or have been given up because the publisher stopped.
  awaitable<void> stop();

 private:
  Bytes digest_of(const transport::InboundMessage& message) const;
  awaitable<Result<bool>> take_message(transport::InboundMessage message, transport::Changes changes);
  awaitable<Result<bool>> take_receipt(transport::OutboundReceipt receipt, transport::Changes changes);
  awaitable<void> publish(auth::PendingEvent pending);
  void perform(auth::InboundLedger::Step step);

  LineContext& context_;
  std::string session_;
  LineJournal& journal_;
  LineEvents& events_;
  std::function<std::string(std::string_view)> command_of_;
  auth::InboundLedger ledger_;
  net::TaskGroup tasks_;
};

}  // namespace linekeeper::worker
