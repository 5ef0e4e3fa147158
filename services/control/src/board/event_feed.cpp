#include "board/event_feed.hpp"

#include <boost/asio/post.hpp>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostInHand = 10'000;
constexpr auto kSweepEvery = 1s;  ///< A QR that nobody asks for outlives its expiry by this at most.

}  // namespace

EventFeed::Watch::Watch(EventFeed& feed, std::string session, Bell& bell)
    : feed_(feed), session_(std::move(session)), bell_(bell) {
  feed_.watches_.insert(this);
}
void EventFeed::wake_all() {
  for (Watch* watch : watches_)
    watch->bell_.ring();
}

EventFeed::Watch::~Watch() {
  feed_.watches_.erase(this);
}

EventFeed::EventFeed(boost::asio::any_io_executor executor, telemetry::Log& log, telemetry::Metrics& metrics)
    : executor_(std::move(executor)),
      log_(log),
      read_(metrics.counter("linekeeper_control_events_read_total", "Events read from Kafka.")),
      unreadable_(metrics.counter("linekeeper_control_events_unreadable_total", "Events that do not parse.")),
      sweeper_(executor_),
      in_hand_(kMostInHand) {}

EventFeed::~EventFeed() {
  stop();
}

std::optional<kafka::Problem> EventFeed::start(kafka::Connection connection, const kafka::Topics& topics) {
  kafka::Tail::Settings settings;
  settings.connection = std::move(connection);
  settings.topics = {{topics.connection, true}, {topics.message, false}, {topics.rejected, false}};  // As in Source.
  auto made = kafka::Tail::start(std::move(settings), *this, log_);
  if (auto* problem = std::get_if<kafka::Problem>(&made)) return std::move(*problem);
  tail_ = std::move(std::get<std::unique_ptr<kafka::Tail>>(made));
  sweep();
  return std::nullopt;
}

void EventFeed::stop() {
  in_hand_.end();
  tail_.reset();
  sweeper_.cancel();
}

std::optional<Failure> EventFeed::trouble() const {
  if (trouble_) return trouble_;
  if (!caught_up_) return Failure(v1::KAFKA_UNAVAILABLE, "reading_events");
  return std::nullopt;
}

void EventFeed::received(kafka::Record record) {
  // The loop is slower than Kafka only for moments: while it catches up, this thread waits.
  if (!in_hand_.take()) return;
  const Place place{record.ticket.topic == 0 ? record.ticket.partition : -1, record.ticket.offset};
  auto heard = std::make_shared<Heard>(hear(record));
  boost::asio::post(executor_, [this, place, heard] {
    in_hand_.give_back();
    take(place, std::move(*heard));
  });
}

void EventFeed::caught_up() {
  boost::asio::post(executor_, [this] {
    caught_up_ = true;
    log_.info("read what was there of events", {{"sessions", board_.size()}});
  });
}

void EventFeed::trouble(const kafka::Problem& problem) {
  boost::asio::post(executor_, [this, problem] {
    if (!problem.code) {
      if (trouble_) log_.info("Kafka can be used again");
      trouble_.reset();
      return;
    }
    log_.warn("Kafka cannot be used", {{"error", problem.what}});
    trouble_ = Failure(problem.code == Errc::not_found ? v1::TOPIC_MISSING : v1::KAFKA_UNAVAILABLE);
    trouble_->message = problem.what;
  });
}

void EventFeed::take(Place place, Heard heard) {
  read_.add();
  const auto now = std::chrono::steady_clock::now();
  if (auto* connection = std::get_if<v1::ConnectionEvent>(&heard)) {
    Outcome outcome = outcome_of(*connection);
    const std::string session = connection->session_id();
    const std::string command = connection->command_id();
    const bool stands = board_.take(place, std::move(*connection));
    if (outcome.how != v1::COMMAND_OUTCOME_UNSPECIFIED) outcomes_.take({session, command}, std::move(outcome), now);
    if (!stands) return;
    for (Watch* const watch : watches_)
      if (watch->session_.empty() || watch->session_ == session) watch->bell_.ring();
  } else if (auto* message = std::get_if<v1::MessageEvent>(&heard)) {
    if (message->has_outbound()) {
      Outcome outcome = outcome_of(message->outbound());
      if (outcome.how != v1::COMMAND_OUTCOME_UNSPECIFIED)
        outcomes_.take({message->session_id(), message->outbound().command_id()}, std::move(outcome), now);
    }
    if (on_message_) on_message_(*message);
  } else if (auto* rejected = std::get_if<Rejected>(&heard)) {
    Outcome outcome;
    outcome.how = v1::COMMAND_OUTCOME_FAILED;
    outcome.error = std::move(rejected->error);
    outcomes_.take({rejected->session_id, rejected->command_id}, std::move(outcome), now);
  } else {
    unreadable_.add();
  }
}

void EventFeed::sweep() {
  board_.forget_expired(std::chrono::system_clock::now());
  sweeper_.expires_after(kSweepEvery);
  sweeper_.async_wait([this](const boost::system::error_code& error) {
    if (!error) sweep();
  });
}

}  // namespace linekeeper::control
