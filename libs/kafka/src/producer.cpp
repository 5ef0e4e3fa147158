#include "linekeeper/kafka/producer.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "handle.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "linekeeper/telemetry/metrics.hpp"

namespace linekeeper::kafka {
namespace {

using namespace std::chrono_literals;

constexpr int kPollMs = 100;
constexpr auto kGiveUpAfter = 5s;

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

/// Lives from `send` until its completion; librdkafka reads the payload from it.
struct Pending {
  OutgoingRecord record;
  Producer::Completion done;
  std::uint64_t number = 0;  ///< In the order of `send`.
};

}  // namespace

struct Producer::Impl {
  Settings settings;
  telemetry::Log& log;
  Opaque opaque;
  telemetry::Counter delivered, refused, failed;

  std::shared_mutex instance_mutex;  ///< Exclusively only while the instance is replaced.
  Instance instance;
  std::atomic<bool> fatal{false};
  std::atomic<bool> stop{false};
  std::mutex waiting_mutex;
  std::condition_variable drained;
  std::size_t waiting = 0;
  std::mutex number_mutex;
  std::uint64_t next_number = 0;
  std::vector<std::unique_ptr<Pending>> kept;  ///< What a fatal error gave back: the next instance sends it again.
  std::thread thread;

  Impl(Settings take, telemetry::Log& log_to, telemetry::Metrics& metrics)
      : settings(std::move(take)), log(log_to), opaque{&log_to, this} {
    const auto count = [&](const char* outcome) {
      return metrics.counter("linekeeper_kafka_records_sent_total", "Records by how they ended.",
                             {{"outcome", outcome}});
    };
    delivered = count("delivered");
    refused = count("refused");
    failed = count("failed");
  }

  ~Impl() {
    stop = true;
    if (thread.joinable()) thread.join();
    retire(std::move(instance));
    for (const auto& pending : kept)
      complete(*pending, {Errc::kafka_unavailable, -1, -1, "the producer is closed"});
  }

  static Impl& self(void* opaque) { return *static_cast<Impl*>(static_cast<Opaque*>(opaque)->owner); }

  std::variant<Instance, Problem> make() {
    const Properties defaults = {{"linger.ms", "2"}, {"compression.type", "lz4"}, {"batch.size", "65536"}};
    // The batch is small on purpose: a broker refuses a whole batch for its size, and then records that would have
    // passed by themselves would count as refused. A record above it travels alone.
    const Properties fixed = {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"partitioner", "murmur2_random"},
        {"queue.buffering.max.messages", std::to_string(settings.queue_records)},
        {"queue.buffering.max.kbytes", std::to_string(std::max<std::size_t>(settings.queue_bytes / 1024, 1))},
        {"message.timeout.ms", std::to_string(settings.delivery_timeout.count())}};
    auto conf = make_conf(settings.connection, defaults, fixed, &opaque);
    if (auto* problem = std::get_if<Problem>(&conf)) return std::move(*problem);
    rd_kafka_conf_t* raw = std::get<Conf>(conf).get();
    rd_kafka_conf_set_dr_msg_cb(
        raw, [](rd_kafka_t* by, const rd_kafka_message_t* message, void* to) { self(to).ended(by, *message); });
    rd_kafka_conf_set_error_cb(
        raw, [](rd_kafka_t*, int error, const char* reason, void* to) { self(to).on_error(error, reason); });
    return make_instance(RD_KAFKA_PRODUCER, std::get<Conf>(std::move(conf)));
  }

  void run() {
    while (!stop) {
      rd_kafka_poll(instance.get(), kPollMs);
      if (fatal.exchange(false)) replace();
    }
  }

  /// A fatal error ends an idempotent producer for good: a new one takes over, with all that waits in its old order.
  /// What was under way may then be written twice.
  void replace() {
    Instance old;
    {
      const std::unique_lock lock(instance_mutex);
      old = std::move(instance);
    }
    retire(std::move(old));
    auto made = make();
    std::vector<std::unique_ptr<Pending>> again;
    again.swap(kept);
    std::sort(again.begin(), again.end(), [](const auto& a, const auto& b) { return a->number < b->number; });
    const std::unique_lock lock(instance_mutex);
    if (auto* fresh = std::get_if<Instance>(&made)) instance = std::move(*fresh);
    for (auto& pending : again) {
      const auto error = instance ? produce(*pending) : RD_KAFKA_RESP_ERR__FATAL;
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        (void)pending.release();
      } else {
        kept.push_back(std::move(pending));
      }
    }
  }

  /// Ends the instance; every record that waits in it comes back through `ended` first.
  static void retire(Instance old) {
    if (!old) return;
    rd_kafka_purge(old.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    const auto until = std::chrono::steady_clock::now() + kGiveUpAfter;
    while (rd_kafka_outq_len(old.get()) > 0 && std::chrono::steady_clock::now() < until)
      rd_kafka_poll(old.get(), 10);
  }

  void on_error(int error, const char* reason) {
    if (error == RD_KAFKA_RESP_ERR__FATAL) {
      log.error("the Kafka producer met a fatal error and is replaced", {{"text", reason}});
      fatal = true;
    } else {
      log.debug("Kafka producer: connection trouble", {{"text", reason}});
    }
  }

  void ended(rd_kafka_t* by, const rd_kafka_message_t& message) {
    std::unique_ptr<Pending> pending(static_cast<Pending*>(message._private));
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_permanent(message.err) && !stop &&
        rd_kafka_fatal_error(by, nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      kept.push_back(std::move(pending));
      return;
    }
    Delivery delivery;
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      delivery.partition = message.partition;
      delivery.offset = message.offset;
      delivered.add();
    } else {
      const bool permanent = is_permanent(message.err);
      delivery.error = permanent ? Errc::kafka_refused : Errc::kafka_unavailable;
      delivery.reason = rd_kafka_err2str(message.err);
      (permanent ? refused : failed).add();
    }
    complete(*pending, delivery);
  }

  void complete(const Pending& pending, const Delivery& delivery) {
    if (pending.done) pending.done(delivery);
    const std::scoped_lock lock(waiting_mutex);
    if (--waiting == 0) drained.notify_all();
  }

  rd_kafka_resp_err_t produce(Pending& pending);
  Result<void> send(OutgoingRecord record, Completion done);
};

namespace {

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

rd_kafka_resp_err_t Producer::Impl::produce(Pending& pending) {
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
  const Error error(rd_kafka_produceva(instance.get(), fields.data(), fields.size()));
  return error ? rd_kafka_error_code(error.get()) : RD_KAFKA_RESP_ERR_NO_ERROR;
}

Result<void> Producer::Impl::send(OutgoingRecord record, Completion done) {
  auto pending = std::make_unique<Pending>(Pending{std::move(record), std::move(done)});
  const std::shared_lock lock(instance_mutex);
  if (!instance) return Errc::kafka_unavailable;
  // Numbering and queueing in one step, so that the numbers are in the queue's order.
  const std::scoped_lock numbering(number_mutex);
  pending->number = next_number++;
  {
    const std::scoped_lock count(waiting_mutex);
    ++waiting;
  }
  const auto error = produce(*pending);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    (void)pending.release();  // `ended` takes it back
    return ok();
  }
  {
    const std::scoped_lock count(waiting_mutex);
    if (--waiting == 0) drained.notify_all();
  }
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return Errc::kafka_queue_full;
  if (!is_permanent(error)) return Errc::kafka_unavailable;
  refused.add();
  return Errc::kafka_refused;
}

Producer::Producer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Producer::~Producer() = default;

std::variant<std::unique_ptr<Producer>, Problem> Producer::start(Settings settings, telemetry::Log& log,
                                                                 telemetry::Metrics& metrics) {
  auto impl = std::make_unique<Impl>(std::move(settings), log, metrics);
  auto instance = impl->make();
  if (auto* problem = std::get_if<Problem>(&instance)) return std::move(*problem);
  impl->instance = std::get<Instance>(std::move(instance));
  impl->thread = std::thread([raw = impl.get()] { raw->run(); });
  return std::unique_ptr<Producer>(new Producer(std::move(impl)));
}

Result<void> Producer::send(OutgoingRecord record, Completion done) {
  return impl_->send(std::move(record), std::move(done));
}

bool Producer::flush(std::chrono::milliseconds timeout) {
  std::unique_lock lock(impl_->waiting_mutex);
  return impl_->drained.wait_for(lock, timeout, [&] { return impl_->waiting == 0; });
}

std::size_t Producer::waiting() const noexcept {
  const std::scoped_lock lock(impl_->waiting_mutex);
  return impl_->waiting;
}

}  // namespace linekeeper::kafka
