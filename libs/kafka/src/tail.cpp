#include "linekeeper/kafka/tail.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "handle.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "partition_list.hpp"
#include "trouble.hpp"

namespace linekeeper::kafka {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Place = std::pair<std::uint16_t, std::int32_t>;  ///< Topic and partition.

constexpr int kPollMs = 50;
constexpr int kMetadataTimeoutMs = 1000;
constexpr auto kMetadataEvery = 60s;
constexpr auto kRetryEvery = 500ms;

Properties fixed() {
  // librdkafka wants a group's name even of a reader that never joins one.
  return {{"group.id", "linekeeper-tail"},
          {"enable.auto.commit", "false"},
          {"enable.auto.offset.store", "false"},
          {"enable.partition.eof", "true"},
          {"auto.offset.reset", "earliest"},
          {"allow.auto.create.topics", "false"},
          {"queued.max.messages.kbytes", "16384"},
          {"fetch.error.backoff.ms", "100"},
          {"topic.metadata.refresh.interval.ms", "60000"}};
}

}  // namespace

struct Tail::Impl {
  Impl(Settings s, TailListener& l, telemetry::Log& g) : settings(std::move(s)), listener(l), log(g) {
    for (const Topic& topic : settings.topics)
      names.push_back(topic.name);
    opaque.log = &log;
    opaque.owner = this;
  }

  std::optional<Problem> open() {
    auto conf = make_conf(settings.connection, {}, fixed(), &opaque);
    if (auto* problem = std::get_if<Problem>(&conf)) return std::move(*problem);
    rd_kafka_conf_set_error_cb(std::get<Conf>(conf).get(), [](rd_kafka_t*, int error, const char* reason, void* self) {
      // Not every outage is reported as one: any trouble with a connection is reason to ask who still answers.
      Impl& impl = *static_cast<Impl*>(static_cast<Opaque*>(self)->owner);
      impl.opaque.refused.take(static_cast<rd_kafka_resp_err_t>(error), reason);
      if (!impl.unanswered) impl.next_metadata = Clock::now();
    });
    auto made = make_instance(RD_KAFKA_CONSUMER, std::get<Conf>(std::move(conf)));
    if (auto* problem = std::get_if<Problem>(&made)) return std::move(*problem);
    instance = std::get<Instance>(std::move(made));
    rd_kafka_poll_set_consumer(instance.get());
    thread = std::thread([this] { run(); });
    return std::nullopt;
  }

  void close() {
    stopping = true;
    if (thread.joinable()) thread.join();
    handles.clear();
  }

  void run() {
    while (!stopping) {
      if (Clock::now() >= next_metadata) {
        const bool well = look_at_topics();
        next_metadata = Clock::now() + (well ? std::chrono::milliseconds(kMetadataEvery) : kRetryEvery);
      }
      for (int burst = 0; burst < 1000 && !stopping; ++burst) {
        Message message(rd_kafka_consumer_poll(instance.get(), burst == 0 ? kPollMs : 0));
        if (!message) break;
        take(*message);
      }
    }
  }

  /// Assigns the partitions that are new. False if Kafka does not answer or lacks a topic.
  bool look_at_topics() {
    auto answer = partition_counts(instance.get(), names, handles, kMetadataTimeoutMs);
    if (auto* problem = std::get_if<Problem>(&answer)) return report(opaque.refused.or_else(std::move(*problem)));
    opaque.refused.forget();
    std::vector<Place> added;
    const auto& counts = std::get<0>(answer);
    for (std::size_t topic = 0; topic < counts.size(); ++topic) {
      const auto& [name, count] = counts[topic];
      if (count == 0) {
        return report(
            Problem{Errc::not_found, "topic " + name + " does not exist: run `linekeeper-worker topics create`"});
      }
      for (std::int32_t partition = 0; partition < count; ++partition)
        if (!assigned.contains({std::uint16_t(topic), partition})) added.emplace_back(std::uint16_t(topic), partition);
    }
    if (!added.empty() && !assign(added)) return false;
    unanswered = false;
    if (trouble.meet(std::nullopt)) tell();
    return true;
  }

  bool assign(const std::vector<Place>& added) {
    const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(added.size())));
    for (const auto& [topic, partition] : added) {
      // Later ones were born while we read: nothing in them is old.
      const bool all = settings.topics[topic].from_beginning || !assigned.empty();
      rd_kafka_topic_partition_list_add(list.get(), names[topic].c_str(), partition)->offset =
          all ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END;
    }
    const Error error(rd_kafka_incremental_assign(instance.get(), list.get()));
    if (error) {
      log.error("cannot read event partitions", {{"error", rd_kafka_error_string(error.get())}});
      return false;
    }
    if (assigned.empty()) behind.insert(added.begin(), added.end());
    assigned.insert(added.begin(), added.end());
    return true;
  }

  void take(const rd_kafka_message_t& message) {
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF || message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const auto from = known(names, rd_kafka_topic_name(message.rkt), message.partition);
      if (!from) return;
      const std::string& name = names[from->topic];
      if (trouble.readable(name)) tell();
      if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        Ticket ticket;
        ticket.topic = from->topic;
        ticket.partition = from->partition;
        ticket.offset = message.offset;
        listener.received(copy_record(message, name, ticket));
        return;
      }
      if (behind.erase({from->topic, from->partition}) > 0 && behind.empty()) listener.caught_up();
      return;
    }
    if (message.err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED && message.rkt != nullptr) {
      if (trouble.deny(message)) tell();
      return;
    }
    log.debug("Kafka tail", {{"error", rd_kafka_err2str(message.err)}, {"text", rd_kafka_message_errstr(&message)}});
    if (!unanswered) next_metadata = Clock::now();
  }

  bool report(Problem problem) {
    unanswered = true;
    if (trouble.meet(std::move(problem))) tell();
    return false;
  }
  void tell() { listener.trouble(trouble.now().value_or(Problem{})); }

  Settings settings;
  TailListener& listener;
  telemetry::Log& log;
  std::vector<std::string> names;
  Opaque opaque;
  Instance instance;
  std::vector<TopicHandle> handles;
  std::thread thread;
  std::atomic<bool> stopping = false;
  // The thread's own:
  Clock::time_point next_metadata{};
  std::set<Place> assigned;
  std::set<Place> behind;   ///< Not read to their end yet.
  bool unanswered = false;  ///< The last question for metadata had no answer of use.
  Trouble trouble{{}};      ///< There is no group here.
};

Tail::Tail(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tail::~Tail() {
  impl_->close();
}

std::variant<std::unique_ptr<Tail>, Problem> Tail::start(Settings settings, TailListener& listener,
                                                         telemetry::Log& log) {
  auto impl = std::make_unique<Impl>(std::move(settings), listener, log);
  if (auto problem = impl->open()) return std::move(*problem);
  return std::unique_ptr<Tail>(new Tail(std::move(impl)));
}

}  // namespace linekeeper::kafka
