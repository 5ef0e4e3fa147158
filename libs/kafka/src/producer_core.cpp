#include "producer_core.hpp"

#include <algorithm>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/telemetry/log.hpp"

namespace linekeeper::kafka {
namespace {

using namespace std::chrono_literals;

constexpr int kPollMs = 100;
constexpr auto kGiveUpAfter = 5s;
constexpr auto kReplaceEvery = 1s;

/// Whether writing this record again could ever succeed. Missing rights can be granted and topics created: those wait.
bool is_permanent(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__INVALID_ARG: return true;
    default: return false;
  }
}

rd_kafka_vu_t field(rd_kafka_vtype_t type) {
  rd_kafka_vu_t out{};
  out.vtype = type;
  return out;
}

rd_kafka_vu_t memory(rd_kafka_vtype_t type, const void* data, std::size_t size) {
  rd_kafka_vu_t out = field(type);
  out.u.mem.ptr = const_cast<void*>(data);
  out.u.mem.size = size;
  return out;
}

}  // namespace

ProducerCore::ProducerCore(Producer::Settings settings, telemetry::Log& log, telemetry::Metrics& metrics)
    : settings_(std::move(settings)), log_(log), opaque_{&log, this} {
  const auto count = [&](const char* outcome) {
    return metrics.counter("linekeeper_kafka_records_sent_total", "Records by how they ended.", {{"outcome", outcome}});
  };
  delivered_ = count("delivered");
  refused_ = count("refused");
  failed_ = count("failed");
}

ProducerCore::~ProducerCore() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  retire(std::move(instance_));
  turn_away();
  for (const auto& pending : kept_) {
    complete(*pending, {Errc::kafka_unavailable, -1, -1, "the producer is closed"});
  }
}

std::optional<Problem> ProducerCore::start() {
  auto made = make();
  if (auto* problem = std::get_if<Problem>(&made)) return std::move(*problem);
  instance_ = std::get<Instance>(std::move(made));
  thread_ = std::thread([this] { run(); });
  return std::nullopt;
}

std::variant<Instance, Problem> ProducerCore::make() {
  const Properties defaults = {{"linger.ms", "2"}, {"compression.type", "lz4"}, {"batch.size", "65536"}};
  // The batch is small on purpose: a broker refuses a whole batch for its size, and then records that would have
  // passed by themselves would count as refused. A record above it travels alone.
  const Properties fixed = {
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"partitioner", "murmur2_random"},
      {"queue.buffering.max.messages", std::to_string(settings_.queue_records)},
      {"queue.buffering.max.kbytes", std::to_string(std::max<std::size_t>(settings_.queue_bytes / 1024, 1))},
      {"message.timeout.ms", std::to_string(settings_.delivery_timeout.count())}};
  auto conf = make_conf(settings_.connection, defaults, fixed, &opaque_);
  if (auto* problem = std::get_if<Problem>(&conf)) return std::move(*problem);
  rd_kafka_conf_t* raw = std::get<Conf>(conf).get();
  rd_kafka_conf_set_dr_msg_cb(
      raw, [](rd_kafka_t* by, const rd_kafka_message_t* message, void* to) { self(to).ended(by, *message); });
  rd_kafka_conf_set_error_cb(
      raw, [](rd_kafka_t* by, int error, const char* reason, void* to) { self(to).on_error(by, error, reason); });
  return make_instance(RD_KAFKA_PRODUCER, std::get<Conf>(std::move(conf)));
}

void ProducerCore::run() {
  while (!stop_) {
    if (instance_) {
      rd_kafka_poll(instance_.get(), kPollMs);
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
    }
    if ((fatal_ || !instance_) && std::chrono::steady_clock::now() >= next_replacement_) replace();
    if (!kept_.empty()) send_kept();
    turn_away();
  }
}

/// A fatal error ends an idempotent producer for good: a new one takes over. What was under way may be written twice.
void ProducerCore::replace() {
  // The next one may meet the same: without a right to write there is no producer at all.
  next_replacement_ = std::chrono::steady_clock::now() + kReplaceEvery;
  Instance old;
  {
    const std::unique_lock lock(instance_mutex_);
    old = std::move(instance_);
  }
  retire(std::move(old));
  fatal_ = false;
  auto made = make();
  auto* fresh = std::get_if<Instance>(&made);
  if (fresh == nullptr) {
    log_.error("no new Kafka producer could be made, trying again", {{"error", std::get<Problem>(made).what}});
    return;
  }
  const std::unique_lock lock(instance_mutex_);
  instance_ = std::move(*fresh);
  // Still under the lock: nothing sent from now on may overtake these.
  send_kept();
}

/// In the order in which they were sent first; stops where the queue is full, to go on when there is room.
void ProducerCore::send_kept() {
  if (!instance_) return;
  std::sort(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) { return a->number < b->number; });
  auto next = kept_.begin();
  while (next != kept_.end() && produce(**next) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    (void)(next++)->release();  // `ended` takes it back
  }
  kept_.erase(kept_.begin(), next);
}

/// Ends the instance; every record that waits in it comes back through `ended` first.
void ProducerCore::retire(Instance old) {
  if (!old) return;
  rd_kafka_purge(old.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  const auto until = std::chrono::steady_clock::now() + kGiveUpAfter;
  while (rd_kafka_outq_len(old.get()) > 0 && std::chrono::steady_clock::now() < until)
    rd_kafka_poll(old.get(), 10);
}

void ProducerCore::break_instance() {
  const std::shared_lock lock(instance_mutex_);
  rd_kafka_test_fatal_error(instance_.get(), RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "broken on purpose");
}

void ProducerCore::on_error(rd_kafka_t* by, int error, const char* reason) {
  if (error == RD_KAFKA_RESP_ERR__FATAL) {
    opaque_.refused.take(rd_kafka_fatal_error(by, nullptr, 0), reason);
    log_.error("the Kafka producer met a fatal error and is replaced", {{"text", reason}});
    fatal_ = true;
  } else {
    opaque_.refused.take(static_cast<rd_kafka_resp_err_t>(error), reason);
    log_.debug("Kafka producer: connection trouble", {{"text", reason}});
  }
}

void ProducerCore::ended(rd_kafka_t* by, const rd_kafka_message_t& message) {
  std::unique_ptr<Pending> pending(static_cast<Pending*>(message._private));
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_permanent(message.err) && !stop_) {
    const auto fatal = rd_kafka_fatal_error(by, nullptr, 0);
    // What brokers deny is told to whoever sent it; a new instance would change nothing.
    if (const auto denied = refusal(fatal, {})) {
      failed_.add();
      tell_denial(denied->what);
      return complete(*pending, {Errc::kafka_unavailable, -1, -1, denied->what});
    }
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
      kept_.push_back(std::move(pending));
      return;
    }
  }
  Delivery delivery;
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    delivery.partition = message.partition;
    delivery.offset = message.offset;
    delivered_.add();
    opaque_.refused.forget();
    denial_told_.clear();
  } else {
    const bool permanent = is_permanent(message.err);
    delivery.error = permanent ? Errc::kafka_refused : Errc::kafka_unavailable;
    delivery.reason = why(message);
    (permanent ? refused_ : failed_).add();
  }
  complete(*pending, delivery);
}

/// A record that waited in vain for a broker ends with why the brokers refuse us, if that is known.
std::string ProducerCore::why(const rd_kafka_message_t& message) {
  if (auto denied = refusal(message.err, {}, std::string("topic ") + rd_kafka_topic_name(message.rkt))) {
    tell_denial(denied->what);
    return std::move(denied->what);
  }
  Problem problem{Errc::kafka_unavailable, rd_kafka_err2str(message.err)};
  if (message.err == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) problem = opaque_.refused.or_else(std::move(problem));
  return std::move(problem.what);
}

/// Whoever sent it tries again and again: the log says it once.
void ProducerCore::tell_denial(const std::string& what) {
  if (what == denial_told_) return;
  log_.error("Kafka takes no records of ours", {{"error", what}});
  denial_told_ = what;
}

void ProducerCore::turn_away() {
  std::vector<std::unique_ptr<Pending>> away;
  {
    const std::scoped_lock lock(number_mutex_);
    away.swap(turned_away_);
  }
  const Problem reason = opaque_.refused.or_else({Errc::kafka_unavailable, "no broker takes it"});
  for (const auto& pending : away) {
    failed_.add();
    complete(*pending, {Errc::kafka_unavailable, -1, -1, reason.what});
  }
}

void ProducerCore::complete(const Pending& pending, const Delivery& delivery) {
  if (pending.done) pending.done(delivery);
  const std::scoped_lock lock(waiting_mutex_);
  if (--waiting_ == 0) drained_.notify_all();
}

rd_kafka_resp_err_t ProducerCore::produce(Pending& pending) {
  const OutgoingRecord& what = pending.record;
  std::vector<rd_kafka_vu_t> fields;
  fields.push_back(field(RD_KAFKA_VTYPE_TOPIC));
  fields.back().u.cstr = what.topic.c_str();
  if (!what.key.empty()) fields.push_back(memory(RD_KAFKA_VTYPE_KEY, what.key.data(), what.key.size()));
  fields.push_back(memory(RD_KAFKA_VTYPE_VALUE, what.payload.data(), what.payload.size()));
  if (what.partition) {
    fields.push_back(field(RD_KAFKA_VTYPE_PARTITION));
    fields.back().u.i32 = *what.partition;
  }
  if (what.timestamp_ms) {
    fields.push_back(field(RD_KAFKA_VTYPE_TIMESTAMP));
    fields.back().u.i64 = *what.timestamp_ms;
  }
  for (const Header& header : what.headers) {
    fields.push_back(field(RD_KAFKA_VTYPE_HEADER));
    fields.back().u.header.name = header.name.c_str();
    fields.back().u.header.val = header.value.data();
    fields.back().u.header.size = static_cast<ssize_t>(header.value.size());
  }
  fields.push_back(field(RD_KAFKA_VTYPE_OPAQUE));
  fields.back().u.ptr = &pending;
  const Error error(rd_kafka_produceva(instance_.get(), fields.data(), fields.size()));
  return error ? rd_kafka_error_code(error.get()) : RD_KAFKA_RESP_ERR_NO_ERROR;
}

Result<void> ProducerCore::send(OutgoingRecord record, Producer::Completion done) {
  auto pending = std::make_unique<Pending>(Pending{std::move(record), std::move(done)});
  const std::shared_lock lock(instance_mutex_);
  if (!instance_) return Errc::kafka_unavailable;
  // Numbering and queueing in one step, so that the numbers are in the queue's order.
  const std::scoped_lock numbering(number_mutex_);
  pending->number = next_number_++;
  {
    const std::scoped_lock count(waiting_mutex_);
    ++waiting_;
  }
  const auto error = produce(*pending);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    (void)pending.release();  // `ended` takes it back
    return ok();
  }
  if (refusal(rd_kafka_fatal_error(instance_.get(), nullptr, 0), {})) {
    turned_away_.push_back(std::move(pending));
    return ok();
  }
  {
    const std::scoped_lock count(waiting_mutex_);
    if (--waiting_ == 0) drained_.notify_all();
  }
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return Errc::kafka_queue_full;
  if (!is_permanent(error)) return Errc::kafka_unavailable;
  refused_.add();
  return Errc::kafka_refused;
}

bool ProducerCore::flush(std::chrono::milliseconds timeout) {
  std::unique_lock lock(waiting_mutex_);
  return drained_.wait_for(lock, timeout, [&] { return waiting_ == 0; });
}

std::size_t ProducerCore::waiting() const {
  const std::scoped_lock lock(waiting_mutex_);
  return waiting_;
}

}  // namespace linekeeper::kafka
