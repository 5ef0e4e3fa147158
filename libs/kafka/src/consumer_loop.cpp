#include "consumer_loop.hpp"

#include <algorithm>

#include "consumer_conf.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "partition_list.hpp"

namespace linekeeper::kafka {
namespace {

using namespace std::chrono_literals;

constexpr int kPollMs = 50;
constexpr auto kBurst = 10ms;
constexpr int kMetadataTimeoutMs = 1000;
constexpr auto kMetadataEvery = 60s;
constexpr auto kRetryEvery = 1s;
constexpr auto kJoinAtMost = 3s;

}  // namespace

ConsumerLoop::ConsumerLoop(Consumer::Settings settings, ConsumerListener& listener, telemetry::Log& log,
                           telemetry::Metrics& metrics)
    : settings_(std::move(settings)),
      listener_(listener),
      log_(log),
      opaque_{&log, this},
      commits_(settings_, assignment_, log, metrics),
      trouble_(settings_.group_id) {
  const auto with_ours = [this](telemetry::Labels labels) {
    labels.insert(labels.end(), settings_.metric_labels.begin(), settings_.metric_labels.end());
    return labels;
  };
  for (const auto& topic : settings_.topics) {
    received_.push_back(
        metrics.counter("linekeeper_kafka_records_received_total", "Records read.", with_ours({{"topic", topic}})));
    lag_.push_back(metrics.gauge("linekeeper_kafka_lag_records", "Records in our partitions not read yet.",
                                 with_ours({{"topic", topic}})));
  }
  in_flight_gauge_ = metrics.gauge("linekeeper_kafka_in_flight_bytes", "Records read and not finished.", with_ours({}));
  shards_gauge_ = metrics.gauge("linekeeper_kafka_shards", "Shards this process owns.", with_ours({}));
  const auto rebalances = [&](const char* kind) {
    return metrics.counter("linekeeper_kafka_rebalances_total", "Changes of our shards.", with_ours({{"kind", kind}}));
  };
  assigned_count_ = rebalances("assigned");
  revoked_count_ = rebalances("revoked");
  lost_count_ = rebalances("lost");
}

ConsumerLoop::~ConsumerLoop() {
  close(5s);
  audit_.reset();
  topics_.clear();
}

std::optional<Problem> ConsumerLoop::start() {
  auto conf = consumer_conf(settings_, opaque_);
  if (auto* problem = std::get_if<Problem>(&conf)) return std::move(*problem);
  rd_kafka_conf_t* raw = std::get<Conf>(conf).get();
  rd_kafka_conf_set_rebalance_cb(
      raw, [](rd_kafka_t*, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions, void* opaque) {
        self(opaque).on_rebalance(what, *partitions);
      });
  rd_kafka_conf_set_offset_commit_cb(
      raw, [](rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* offsets, void* opaque) {
        self(opaque).commits_.take_result(error, offsets);
      });
  rd_kafka_conf_set_error_cb(
      raw, [](rd_kafka_t*, int error, const char* reason, void* opaque) { self(opaque).on_error(error, reason); });
  join_.attach(raw);
  auto instance = make_instance(RD_KAFKA_CONSUMER, std::get<Conf>(std::move(conf)));
  if (auto* problem = std::get_if<Problem>(&instance)) return std::move(*problem);
  instance_ = std::get<Instance>(std::move(instance));
  rd_kafka_poll_set_consumer(instance_.get());
  audit_.emplace(*instance_, settings_, log_);
  thread_ = std::thread([this] { run(); });
  return std::nullopt;
}

void ConsumerLoop::finish(const Ticket& ticket) {
  assignment_.finish(ticket);
  in_flight_ -= ticket.size;
}

bool ConsumerLoop::close(std::chrono::milliseconds timeout) {
  {
    const std::scoped_lock lock(mutex_);
    if (!leave_until_) leave_until_ = Clock::now() + timeout;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  return left_cleanly_;
}

void ConsumerLoop::run() {
  if (wait_for_topics()) {
    commits_.begin(Clock::now());
    keep_membership();
    for (;;) {
      {
        const std::scoped_lock lock(mutex_);
        if (leave_until_) break;
      }
      poll_once();
      balance_intake();
      keep_membership();
      listener_.tick();
      do_what_is_due();
    }
    take_leave();
  }
  healthy_ = false;
}

/// The followed topics' metadata is asked for before subscribing: otherwise a new member reads them about a second
/// late.
bool ConsumerLoop::wait_for_topics() {
  for (;;) {
    hear_errors();
    if (ask_for_topics(kMetadataTimeoutMs)) return true;
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kRetryEvery, [&] { return leave_until_.has_value(); })) return false;
  }
}

/// Errors are told to those who poll, and nobody does before there is a subscription.
void ConsumerLoop::hear_errors() {
  while (Message message{rd_kafka_consumer_poll(instance_.get(), 0)})
    take_message(std::move(message));
}

bool ConsumerLoop::ask_for_topics(int timeout_ms) {
  auto answer = partition_counts(instance_.get(), settings_.topics, topics_, timeout_ms);
  if (auto* problem = std::get_if<Problem>(&answer)) {
    report(opaque_.refused.or_else(std::move(*problem)));
    return false;
  }
  opaque_.refused.forget();
  std::vector<std::int32_t> counts;
  for (const auto& [topic, count] : std::get<0>(answer)) {
    if (count == 0) {
      report(Problem{Errc::not_found, "topic " + topic + " does not exist: run `linekeeper-worker topics create`"});
      return false;
    }
    counts.push_back(count);
  }
  const std::int32_t before = map_.shards();
  map_ = ShardMap(std::move(counts));
  shard_count_ = map_.shards();
  if (before != 0 && before != map_.shards()) {
    log_.warn("the command topics have another number of partitions: sessions change their shards",
              {{"before", before}, {"now", map_.shards()}});
    listener_.resized(map_.shards());
  }
  next_metadata_ = Clock::now() + kMetadataEvery;
  report(std::nullopt);
  return true;
}

void ConsumerLoop::subscribe() {
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), settings_.topics[0].c_str(), RD_KAFKA_PARTITION_UA);
  const auto error = rd_kafka_subscribe(instance_.get(), list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) log_.error("cannot subscribe", {{"error", rd_kafka_err2str(error)}});
  subscribed_ = true;
}

/// The rest comes with the rebalance that this begins: positions are committed and the shards given back there.
void ConsumerLoop::unsubscribe() {
  const auto error = rd_kafka_unsubscribe(instance_.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) log_.error("cannot unsubscribe", {{"error", rd_kafka_err2str(error)}});
  subscribed_ = joined_ = false;
}

void ConsumerLoop::keep_membership() {
  if (subscribed_ == member_wanted_) return;
  if (subscribed_) {
    if (!join_.joining()) unsubscribe();
  } else {
    subscribe();
  }
}

void ConsumerLoop::poll_once() {
  Message message(rd_kafka_consumer_poll(instance_.get(), kPollMs));
  // What is there already is taken in one go, but not for so long that commits would wait for a pause in the traffic.
  for (const auto until = Clock::now() + kBurst; message && Clock::now() < until;) {
    take_message(std::move(message));
    balance_intake();
    message.reset(rd_kafka_consumer_poll(instance_.get(), 0));
  }
  if (message) take_message(std::move(message));
}

void ConsumerLoop::take_message(Message message) {
  const auto from = message->rkt == nullptr
                        ? std::nullopt
                        : known(settings_.topics, rd_kafka_topic_name(message->rkt), message->partition);
  const bool readable = message->err == RD_KAFKA_RESP_ERR_NO_ERROR || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
  if (from && readable && trouble_.readable(settings_.topics[from->topic])) tell_trouble();
  switch (message->err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      if (from) hand_over(*message, *from);
      return;
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      if (from) reached_end(*message, *from);
      return;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      report(Problem{Errc::not_found, std::string("topic ") + (message->rkt ? rd_kafka_topic_name(message->rkt) : "") +
                                          " is gone: run `linekeeper-worker topics create`"});
      next_metadata_ = Clock::now() + kRetryEvery;
      return;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      if (trouble_.deny(*message)) tell_trouble();
      return;
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
      if (trouble_.refuse_group()) tell_trouble();
      return;
    default:
      log_.warn("Kafka consumer",
                {{"error", rd_kafka_err2str(message->err)}, {"text", rd_kafka_message_errstr(message.get())}});
  }
}

void ConsumerLoop::hand_over(const rd_kafka_message_t& message, TopicPartition from) {
  const std::size_t size = message.len + message.key_len + 256;
  const auto ticket = assignment_.read(from, message.offset, size);
  if (!ticket) return;
  in_flight_ += size;
  received_[from.topic].add();
  listener_.received(copy_record(message, settings_.topics[from.topic], *ticket));
  std::int64_t low = 0;
  std::int64_t end = RD_KAFKA_OFFSET_INVALID;
  rd_kafka_get_watermark_offsets(instance_.get(), settings_.topics[from.topic].c_str(), from.partition, &low, &end);
  if (const auto shard = assignment_.caught_up(from, end, false)) listener_.caught_up(from.topic, *shard);
}

void ConsumerLoop::reached_end(const rd_kafka_message_t& message, TopicPartition from) {
  assignment_.reach_end(from, message.offset);
  if (const auto shard = assignment_.caught_up(from, message.offset, true)) listener_.caught_up(from.topic, *shard);
}

/// Pauses everything while the budget is used up, until half of it is free again.
void ConsumerLoop::balance_intake() {
  const bool full = in_flight_ >= settings_.budget_bytes || (paused_ && in_flight_ > settings_.budget_bytes / 2);
  const bool pause = full || intake_stopped_;
  if (pause == paused_) return;
  paused_ = pause;
  const PartitionList list = list_of(settings_.topics, assignment_.partitions());
  if (pause) {
    rd_kafka_pause_partitions(instance_.get(), list.get());
  } else {
    rd_kafka_resume_partitions(instance_.get(), list.get());
  }
}

void ConsumerLoop::do_what_is_due() {
  const auto now = Clock::now();
  if (commits_.due_again(now) && !join_.joining()) commits_.commit_again(instance_.get(), now);
  if (commits_.due(now)) {
    commits_.store_due(instance_.get(), now);
    measure();
  }
  if (now >= next_metadata_) {
    next_metadata_ = now + kRetryEvery;
    if (ask_for_topics(kMetadataTimeoutMs)) follow_growth();
  }
  healthy_ = joined_ && !trouble_.now();
}

void ConsumerLoop::take_leave() {
  const auto until = *leave_until_;
  healthy_ = false;
  leaving_ = true;
  end_joining(until);
  const Queue queue(rd_kafka_queue_get_consumer(instance_.get()));
  const Error refused(rd_kafka_consumer_close_queue(instance_.get(), queue.get()));
  while (!refused && rd_kafka_consumer_closed(instance_.get()) == 0 && Clock::now() < until) {
    const Message dropped(rd_kafka_consumer_poll(instance_.get(), kPollMs));
  }
  left_cleanly_ = !refused && rd_kafka_consumer_closed(instance_.get()) != 0;
  if (!left_cleanly_) log_.warn("left the consumer group without the brokers' answer; they will notice by themselves");
  // Whatever the brokers said, nothing is ours any more.
  const auto rest = assignment_.shards();
  for (const auto shard : rest)
    assignment_.remove(shard);
  if (!rest.empty()) listener_.revoked(rest, true);
}

/// librdkafka (seen with 2.0.2) ends the whole process by an assertion if it is closed after it was let in and before
/// its first assignment, be it an empty one. That is short; a join that others disturb is begun anew after a second.
void ConsumerLoop::end_joining(Clock::time_point until) {
  const auto limit = std::min(until, Clock::now() + kJoinAtMost);
  while ((join_.joining() || (join_.asked() && !assigned_once_)) && Clock::now() < limit) {
    const Message dropped(rd_kafka_consumer_poll(instance_.get(), kPollMs));
  }
}

void ConsumerLoop::on_rebalance(rd_kafka_resp_err_t what, const rd_kafka_topic_partition_list_t& lead) {
  std::vector<std::int32_t> shards;
  for (const auto* partition = lead.elems; partition != lead.elems + lead.cnt; ++partition) {
    shards.push_back(partition->partition);
  }
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) assigned_once_ = true;
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && leaving_) {
    const Error ignored(rd_kafka_incremental_assign(instance_.get(), &lead));  // Given back at once, by the close.
  } else if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    on_assigned(shards);
  } else {
    on_revoked(shards);
  }
  shards_gauge_.set(static_cast<double>(assignment_.shards().size()));
}

void ConsumerLoop::on_assigned(std::span<const std::int32_t> shards) {
  std::vector<TopicPartition> added;
  for (const auto shard : shards) {
    const auto ours = assignment_.add(shard, map_.partitions_of(shard));
    added.insert(added.end(), ours.begin(), ours.end());
  }
  const PartitionList list = list_of(settings_.topics, added);
  const Error error(rd_kafka_incremental_assign(instance_.get(), list.get()));
  if (error) log_.error("cannot take assigned partitions", {{"error", rd_kafka_error_string(error.get())}});
  if (paused_) rd_kafka_pause_partitions(instance_.get(), list.get());
  audit_->ask(added);
  joined_ = true;
  if (trouble_.joined()) tell_trouble();
  // The group saw the lead topic grow before we did.
  if (std::any_of(shards.begin(), shards.end(), [&](auto shard) { return shard >= map_.shards(); }))
    next_metadata_ = Clock::now();
  assigned_count_.add();
  if (!shards.empty()) listener_.assigned(shards);
}

void ConsumerLoop::on_revoked(std::span<const std::int32_t> shards) {
  const bool lost = rd_kafka_assignment_lost(instance_.get()) != 0;
  std::vector<TopicPartition> removed;
  std::vector<Position> positions;
  for (const auto shard : shards) {
    const auto due = assignment_.take_commits(shard);
    positions.insert(positions.end(), due.begin(), due.end());
    const auto ours = assignment_.remove(shard);
    removed.insert(removed.end(), ours.begin(), ours.end());
  }
  // librdkafka commits what is stored of partitions that go, and rejoins or leaves only after the answer.
  if (!lost) commits_.store(instance_.get(), positions);
  const PartitionList list = list_of(settings_.topics, removed);
  const Error error(rd_kafka_incremental_unassign(instance_.get(), list.get()));
  if (error) log_.error("cannot give partitions back", {{"error", rd_kafka_error_string(error.get())}});
  (lost ? lost_count_ : revoked_count_).add();
  if (lost) log_.warn("lost shards: this worker was cut off or frozen", {{"shards", shards.size()}});
  if (!shards.empty()) listener_.revoked(shards, lost);
}

/// Not every outage is reported as one: any trouble with a connection is reason to ask at once who still answers.
void ConsumerLoop::on_error(int error, const char* reason) {
  opaque_.refused.take(static_cast<rd_kafka_resp_err_t>(error), reason);
  log_.debug("Kafka consumer: connection trouble",
             {{"error", rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(error))}, {"text", reason}});
  if (!trouble_.now()) next_metadata_ = Clock::now();
}

/// Partitions that topics gained since our shards were assigned.
void ConsumerLoop::follow_growth() {
  std::vector<TopicPartition> added;
  for (const auto shard : assignment_.shards()) {
    const auto ours = assignment_.add(shard, map_.partitions_of(shard));
    added.insert(added.end(), ours.begin(), ours.end());
  }
  if (added.empty()) return;
  const PartitionList list = list_of(settings_.topics, added);
  const Error error(rd_kafka_incremental_assign(instance_.get(), list.get()));
  if (error) log_.error("cannot follow new partitions", {{"error", rd_kafka_error_string(error.get())}});
  if (paused_) rd_kafka_pause_partitions(instance_.get(), list.get());
}

void ConsumerLoop::report(std::optional<Problem> problem) {
  if (trouble_.meet(std::move(problem))) tell_trouble();
}

void ConsumerLoop::tell_trouble() {
  healthy_ = joined_ && !trouble_.now();
  listener_.trouble(trouble_.now().value_or(Problem{}));
}

void ConsumerLoop::measure() {
  in_flight_gauge_.set(static_cast<double>(in_flight_));
  std::vector<double> lag(lag_.size(), 0);
  for (const TopicPartition& partition : assignment_.partitions()) {
    std::int64_t low = 0;
    std::int64_t end = 0;
    const auto error = rd_kafka_get_watermark_offsets(instance_.get(), settings_.topics[partition.topic].c_str(),
                                                      partition.partition, &low, &end);
    const auto next = assignment_.next(partition);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && next && end > *next)
      lag[partition.topic] += static_cast<double>(end - *next);
  }
  for (std::size_t topic = 0; topic < lag.size(); ++topic)
    lag_[topic].set(lag[topic]);
}

}  // namespace linekeeper::kafka
