#include "intake/router.hpp"

#include "line/line_events.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/base/murmur2.hpp"

namespace linekeeper::worker {
namespace {

constexpr auth::CommandKind kKinds[] = {auth::CommandKind::pair, auth::CommandKind::reset, auth::CommandKind::send,
                                        auth::CommandKind::line};  // In the order of Topics::commands().

/// How long a topic that cannot be read may hold up what was present in the others.
constexpr std::chrono::seconds kMergePatience{10};
/// The raw bytes of a rejected command go along up to here: a broker takes 1 MB in its default settings.
constexpr std::size_t kMostRaw = 900 * 1024;

}  // namespace

Router::Router(kafka::Topics topics, DecodeRules rules, Lines lines, kafka::Producer& producer, telemetry::Log& log,
               telemetry::Metrics& metrics)
    : topics_(std::move(topics)),
      rules_(std::move(rules)),
      lines_(std::move(lines)),
      log_(log),
      read_(metrics.counter("linekeeper_commands_read_total", "Commands read from Kafka.")),
      rejected_(metrics.counter("linekeeper_commands_rejected_total", "Commands that can never succeed.")),
      forwarded_(metrics.counter("linekeeper_commands_forwarded_total", "Commands written to another shard.")),
      merge_(kMergePatience),
      copies_(
          [&producer](kafka::OutgoingRecord record, kafka::Producer::Completion done) {
            return producer.send(std::move(record), std::move(done));
          },
          [this](const kafka::Ticket& origin) { finish(origin); },
          [this](const std::string& reason) {
            log_.error("a rejected or forwarded command could not be written", {{"error", reason}});
          }) {}

void Router::finish(const kafka::Ticket& ticket) {
  if (auto* consumer = consumer_.load()) consumer->finish(ticket);
}

std::string Router::trouble() const {
  {
    const std::lock_guard lock(mutex_);
    if (!trouble_.empty()) return trouble_;
  }
  const auto* consumer = consumer_.load();
  return consumer && consumer->healthy() ? std::string() : "Kafka has not assigned anything yet.";
}

void Router::assigned(std::span<const std::int32_t> shards) {
  consumer_.wait(nullptr);
  for (const std::int32_t shard : shards)
    merge_.assigned(shard, std::chrono::steady_clock::now());
  const std::int32_t count = consumer_.load()->shard_count();
  log_.info("shards assigned", {{"shards", shards.size()}, {"of", count}});
  lines_.assigned({shards.begin(), shards.end()}, count);
}

void Router::revoked(std::span<const std::int32_t> shards, bool lost) {
  for (const std::int32_t shard : shards)
    merge_.revoked(shard);
  log_.info("shards revoked", {{"shards", shards.size()}, {"lost", lost}});
  lines_.revoked({shards.begin(), shards.end()}, lost);
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
    if (shard != shard_of(record.ticket.partition)) {
      forward(std::move(record), command, shard);
      return;
    }
  }
  submit(merge_.read(shard_of(record.ticket.partition), record.ticket.topic, std::move(command)));
}

void Router::caught_up(std::uint16_t topic, std::int32_t shard) {
  submit(merge_.caught_up(shard, topic));
}

void Router::tick() {
  if (merge_.merging() > 0) submit(merge_.expire(std::chrono::steady_clock::now()));
  copies_.write_waiting();
}

void Router::submit(std::vector<Command> commands) {
  for (Command& command : commands)
    lines_.submit(std::move(command));
}

/// Surplus partitions of a topic that has more than the others belong to the shards in turn.
std::int32_t Router::shard_of(std::int32_t partition) const {
  const std::int32_t count = consumer_.load()->shard_count();
  return count > 0 ? partition % count : partition;
}

void Router::trouble(const kafka::Problem& problem) {
  if (problem.code) log_.warn("Kafka cannot be used", {{"error", problem.what}});
  const std::lock_guard lock(mutex_);
  trouble_ = problem.code ? problem.what : std::string();
}

void Router::reject(kafka::Record record, const Rejection& rejection) {
  rejected_.add();
  log_.warn("command rejected",
            {{"code", v1::ErrorCode_Name(rejection.code)}, {"topic", record.topic}, {"session", rejection.session_id}});
  v1::RejectedCommand body;
  // A record too large for this topic is found where it was: the headers say where.
  if (record.payload.size() <= kMostRaw) body.set_raw(to_text(record.payload));
  *body.mutable_error() = error_of(rejection.code, rejection.detail);
  body.set_topic(record.topic);
  body.set_partition(record.ticket.partition);
  body.set_offset(record.ticket.offset);
  *body.mutable_time() = timestamp_of(lifecycle::Time(std::chrono::milliseconds(record.timestamp_ms)));
  body.set_session_id(rejection.session_id);

  kafka::OutgoingRecord out;
  out.topic = topics_.rejected;
  out.key = rejection.session_id;
  out.payload = to_bytes(body.SerializeAsString());
  out.headers = {{"content-type", "application/protobuf"},
                 {"code", v1::ErrorCode_Name(rejection.code)},
                 {"origin-topic", record.topic},
                 {"origin-partition", std::to_string(record.ticket.partition)},
                 {"origin-offset", std::to_string(record.ticket.offset)},
                 {"origin-timestamp", std::to_string(record.timestamp_ms)},
                 {"session-id", rejection.session_id},
                 {"command-id", rejection.command_id}};
  copies_.write(std::move(out), record.ticket);
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
  copies_.write(std::move(out), record.ticket);
}

}  // namespace linekeeper::worker
