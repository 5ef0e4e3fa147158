#pragma once

#include <string>

#include "line/send_pace.hpp"
#include "linekeeper/auth/token.hpp"
#include "linekeeper/contract/sentence.hpp"
#include "linekeeper/lifecycle/lifecycle.hpp"
#include "linekeeper/session/events.hpp"
#include "publish/event_publisher.hpp"

namespace linekeeper::worker {

using contract::error_of;
using contract::sentence;
using contract::timestamp_of;

/// Makes the events of one line during one time its lease is held. They are numbered by `stamp`, at the moment they are
/// handed to the publisher, so that their order in Kafka is the order of their numbers.
class LineEvents {
 public:
  LineEvents(std::string session, auth::FencingToken token, std::string worker_id);

  /// Gives the event its number, and its id if it is only known by its number.
  void stamp(Event& event);

  /// Where the line stands, as the machine has it.
  Event status(const lifecycle::Lifecycle& lifecycle, lifecycle::Time now);
  /// How a pair, reset or line command ended; carries the status too.
  Event outcome(const lifecycle::Lifecycle& lifecycle, lifecycle::Time now, std::string_view command_id,
                v1::CommandOutcome outcome, v1::ErrorCode code, std::string detail);
  /// A command kept in the ledger, published once more.
  Event outcome_again(v1::ConnectionEvent kept);

  /// The life of a message we send. `id` stays the same for the same state.
  Event outbound(v1::OutboundUpdate update, lifecycle::Time now);
  Event inbound(const transport::InboundMessage& message, lifecycle::Time now, std::string id);

  /// Of all events stamped here.
  const std::shared_ptr<Patience>& patience() const noexcept { return patience_; }

  void know(std::string phone_number, std::string lid);
  void know(const SendPauses& pauses) { pauses_ = pauses; }
  /// What the server wants the account's owner to read, UTF-8; goes with `ACCOUNT_LOCKED` while this holder holds it.
  void know_words(std::string words) { words_ = std::move(words); }
  const std::string& phone_number() const noexcept { return phone_number_; }

 private:
  v1::ConnectionEvent connection(const lifecycle::Lifecycle& lifecycle, lifecycle::Time now);

  std::string session_;
  auth::FencingToken token_;
  std::string worker_id_;
  std::uint64_t sequence_ = 0;
  std::shared_ptr<Patience> patience_ = std::make_shared<Patience>();
  std::string phone_number_;
  std::string lid_;
  SendPauses pauses_;
  std::string words_;
};

/// The code for a send that cannot start because of where its line stands; unspecified if it can wait.
v1::ErrorCode blocked_by(v1::LineStatus status) noexcept;

}  // namespace linekeeper::worker
