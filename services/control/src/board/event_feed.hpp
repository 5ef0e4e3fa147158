#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <set>
#include <string>
#include <variant>

#include "bell.hpp"
#include "board/allowance.hpp"
#include "board/board.hpp"
#include "board/heard.hpp"
#include "board/outcomes.hpp"
#include "failure.hpp"
#include "linekeeper/kafka/tail.hpp"
#include "linekeeper/kafka/topics.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "linekeeper/telemetry/metrics.hpp"

namespace linekeeper::control {

/// Everything the workers publish, read by each replica from all partitions: fills the board and tells the outcomes.
/// Threads: the executor's, but for the Kafka thread inside.
class EventFeed : kafka::TailListener {
 public:
  EventFeed(boost::asio::any_io_executor executor, telemetry::Log& log, telemetry::Metrics& metrics);
  ~EventFeed() override;

  /// Begins to read. Errors: a property librdkafka refuses.
  std::optional<kafka::Problem> start(kafka::Connection connection, const kafka::Topics& topics);
  /// Ends the Kafka thread. Blocks for up to two seconds; what was posted before still arrives.
  void stop();

  /// Nothing, or why no outcome can be heard now: Kafka is away, or what stood there is not read yet.
  std::optional<Failure> trouble() const;

  Board& board() noexcept { return board_; }
  Outcomes& outcomes() noexcept { return outcomes_; }

  /// Rings a bell with each change of one session, or of any, while it lives.
  class Watch {
   public:
    Watch(EventFeed& feed, std::string session, Bell& bell);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    friend class EventFeed;
    EventFeed& feed_;
    std::string session_;
    Bell& bell_;
  };
  std::size_t watches() const noexcept { return watches_.size(); }
  /// Rings every bell: the service ends.
  void wake_all();

  /// For whoever wants each event as it comes: set before `start`.
  void on_message(std::function<void(const v1::MessageEvent&)> call) { on_message_ = std::move(call); }

 private:
  // kafka::TailListener, on Kafka's thread
  void received(kafka::Record record) override;
  void caught_up() override;
  void trouble(const kafka::Problem& problem) override;

  void take(Place place, Heard heard);
  void sweep();

  boost::asio::any_io_executor executor_;
  telemetry::Log& log_;
  telemetry::Counter read_;
  telemetry::Counter unreadable_;
  Board board_;
  Outcomes outcomes_;
  std::set<Watch*> watches_;
  std::function<void(const v1::MessageEvent&)> on_message_;
  boost::asio::steady_timer sweeper_;
  bool caught_up_ = false;
  std::optional<Failure> trouble_;
  Allowance in_hand_;  ///< Records handed over by Kafka's thread and not taken yet.
  std::unique_ptr<kafka::Tail> tail_;
};

}  // namespace linekeeper::control
