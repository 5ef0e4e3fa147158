#include "intake/router.hpp"

#include "line/line_events.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/base/murmur2.hpp"

namespace linekeeper::worker {
namespace {

constexpr auth::CommandKind kKinds[] = {auth::CommandKind::pair, auth::CommandKind::reset, auth::CommandKind::send,
                                        auth::CommandKind::line};  // In the order of Topics::commands().

}  // namespace

Router::Router(kafka::Topics topics, DecodeRules rules, Lines lines, kafka::Producer& producer, telemetry::Log& log,
               telemetry::Metrics& metrics)
    : topics_(std::move(topics)),
      rules_(std::move(rules)),
      lines_(std::move(lines)),
      producer_(producer),
      log_(log),
      read_(metrics.counter("linekeeper_commands_read_total", "Commands read from Kafka.")),
      rejected_(metrics.counter("linekeeper_commands_rejected_total", "Commands that can never succeed.")),
      forwarded_(metrics.counter("linekeeper_commands_forwarded_total", "Commands written to another shard.")) {}

void Router::finish(const kafka::Ticket& ticket) {
  if (auto* consumer = consumer_.load()) consumer->finish(ticket);
}

std::string Router::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void Router::assigned(std::span<const std::int32_t> shards) {
  consumer_.wait(nullptr);
  shards_.insert(shards.begin(), shards.end());
  const std::int32_t count = consumer_.load()->shard_count();
  log_.info("shards assigned", {{"shards", shards.size()}, {"of", count}});
  lines_.assigned({shards.begin(), shards.end()}, count);
}

void Router::revoked(std::span<const std::int32_t> shards, bool lost) {
  for (const std::int32_t shard : shards)
    shards_.erase(shard);
  log_.info("shards revoked", {{"shards", shards.size()}, {"lost", lost}});
  lines_.revoked({shards.begin(), shards.end()});
}

void Router::received(kafka::Record record) {
  read_.add();
  const auth::CommandKind kind = kKinds[record.ticket.topic];
  auto decoded = decode(record, kind, rules_);
  if (const auto* rejection = std::get_if<Rejection>(&decoded)) {
    reject(std::move(record), *rejection);
    return;
  }
  Command& command = std::get<Command>(decoded);
  auto* consumer = consumer_.load();
  const std::int32_t count = consumer ? consumer->shard_count() : 0;
  const bool came_by_us = kafka::find_header(record.headers, kOriginHeader).has_value();
  if (count > 0 && !came_by_us) {
    const auto shard = static_cast<std::int32_t>(murmur2(command.session_id) % static_cast<std::uint32_t>(count));
    if (!shards_.contains(shard)) {
      forward(std::move(record), command, shard);
      return;
    }
  }
  lines_.submit(std::move(command));
}

void Router::caught_up(std::uint16_t, std::int32_t) {}

void Router::trouble(const kafka::Problem& problem) {
  if (problem.code) log_.warn("Kafka cannot be used", {{"error", problem.what}});
  const std::lock_guard lock(mutex_);
  trouble_ = problem.code ? problem.what : std::string();
}

void Router::write(kafka::OutgoingRecord record, kafka::Ticket ticket) {
  const Result<void> accepted = producer_.send(std::move(record), [this, ticket](const kafka::Delivery& delivery) {
    // What Kafka refuses for good cannot be kept anywhere else either; it is in the log and counted.
    if (!delivery.error) {
      finish(ticket);
    } else if (delivery.error == Errc::kafka_refused) {
      log_.error("a rejected command could not be written", {{"error", delivery.reason}});
      finish(ticket);
    }
  });
  if (!accepted) log_.warn("a record waits for Kafka and is read again", {{"error", accepted.error().message()}});
}

void Router::reject(kafka::Record record, const Rejection& rejection) {
  rejected_.add();
  log_.warn("command rejected",
            {{"code", v1::ErrorCode_Name(rejection.code)}, {"topic", record.topic}, {"session", rejection.session_id}});
  v1::RejectedCommand body;
  body.set_raw(to_text(record.payload));
  *body.mutable_error() = error_of(rejection.code, rejection.detail);
  body.set_topic(record.topic);
  body.set_partition(record.ticket.partition);
  body.set_offset(record.ticket.offset);
  *body.mutable_time() = timestamp_of(lifecycle::Time(std::chrono::milliseconds(record.timestamp_ms)));
  body.set_session_id(rejection.session_id);

  kafka::OutgoingRecord out;
  out.topic = topics_.rejected;
  out.key = rejection.session_id;
  // A record too large to be a command may be too large for this topic as well: its place in the log is enough.
  if (record.payload.size() > rules_.most_record) body.clear_raw();
  out.payload = to_bytes(body.SerializeAsString());
  out.headers = {{"content-type", "application/protobuf"},
                 {"code", v1::ErrorCode_Name(rejection.code)},
                 {"origin-topic", record.topic},
                 {"origin-partition", std::to_string(record.ticket.partition)},
                 {"origin-offset", std::to_string(record.ticket.offset)},
                 {"origin-timestamp", std::to_string(record.timestamp_ms)},
                 {"session-id", rejection.session_id},
                 {"command-id", rejection.command_id}};
  write(std::move(out), record.ticket);
}

void Router::forward(kafka::Record record, const Command& command, std::int32_t shard) {
  forwarded_.add();
  kafka::OutgoingRecord out;
  out.topic = record.topic;
  out.key = command.session_id;
  out.partition = shard;
  out.timestamp_ms = record.timestamp_ms;
  out.payload = std::move(record.payload);
  out.headers = std::move(record.headers);
  out.headers.push_back({std::string(kOriginHeader), origin_header(command.head.origin)});
  write(std::move(out), record.ticket);
}

}  // namespace linekeeper::worker
