#pragma once

#include <memory>
#include <set>
#include <string>

#include "board/event_feed.hpp"
#include "board/outcomes.hpp"
#include "failure.hpp"
#include "linekeeper/auth/line_reader.hpp"
#include "linekeeper/kafka/producer.hpp"
#include "linekeeper/net/deadline.hpp"

namespace linekeeper::control {

/// A command to be written, as the workers read it.
struct Order {
  std::string topic;
  std::string session_id;
  std::string command_id;  ///< Never empty.
  bool chosen = false;     ///< The caller chose the id: it may have been used before.
  std::string payload;     ///< Protobuf.
  std::string traceparent;
};

/// Writes commands and hears how they end. Threads: the executor's.
class Commands {
 public:
  /// All outlive it.
  Commands(asio::any_io_executor executor, EventFeed& feed, auth::LineReader& lines, kafka::Producer& producer)
      : executor_(std::move(executor)), feed_(feed), lines_(lines), producer_(producer) {}

  /// An order that was written, and its end as soon as it is heard.
  class Pending {
   public:
    Pending(Commands& owner, Outcomes::Key key);
    ~Pending();
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;

    const std::optional<Outcome>& outcome() const noexcept { return outcome_; }
    /// Rung with the outcome.
    Bell& bell() noexcept { return bell_; }
    /// Another bell to ring with it, for whoever waits for more. Lives as long as this object.
    void also_ring(Bell& bell) noexcept { also_ = &bell; }

   private:
    friend class Commands;
    Commands& owner_;
    Outcomes::Key key_;
    std::uint64_t waiter_;
    std::optional<Outcome> outcome_;
    Bell bell_;
    Bell* also_ = nullptr;
  };
  using PendingPtr = std::unique_ptr<Pending>;

  /// Returns once Kafka has it. The same id and content a second time writes nothing anew: its end, or the wait for it,
  /// is the first one's. Errors: KAFKA_UNAVAILABLE, TOPIC_MISSING at once where that is known; COMMAND_ID_REUSED;
  /// COMMAND_TOO_LARGE; those of the store.
  awaitable<Answer<PendingPtr>> submit(Order order, net::Deadline deadline);

  /// `submit`, then waits for the end. Errors also: OUTCOME_PENDING after the deadline, and why the command failed.
  awaitable<Answer<Outcome>> perform(Order order, net::Deadline deadline);

  /// Whoever waits for an end is told OUTCOME_PENDING from now on: the process ends, the commands do not.
  void stop();
  bool stopping() const noexcept { return stopping_; }

  /// A failed outcome as the answer to a call; nothing if it is done.
  static std::optional<Failure> failure_of(const Outcome& outcome, const std::string& command_id);

 private:
  awaitable<std::optional<Failure>> write(const Order& order, net::Deadline deadline);

  asio::any_io_executor executor_;
  EventFeed& feed_;
  auth::LineReader& lines_;
  kafka::Producer& producer_;
  std::set<Pending*> pending_;
  bool stopping_ = false;
};

/// The end that the ledger keeps of a command; nothing while it has none.
std::optional<Outcome> outcome_of(const auth::LedgerRecord& record);

}  // namespace linekeeper::control
