#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "linekeeper/kafka/connection.hpp"
#include "linekeeper/kafka/record.hpp"
#include "refusal.hpp"

namespace linekeeper::telemetry {
class Log;
}

/// librdkafka's objects with their owners. Nothing outside src/ sees this.
namespace linekeeper::kafka {

template <auto Destroy>
struct Destroyer {
  void operator()(auto* object) const noexcept { Destroy(object); }
};

/// An instance is destroyed without closing its consumer: whoever owns one closes it with a deadline first.
inline void destroy_instance(rd_kafka_t* instance) {
  rd_kafka_destroy_flags(instance, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

using Instance = std::unique_ptr<rd_kafka_t, Destroyer<destroy_instance>>;
using Conf = std::unique_ptr<rd_kafka_conf_t, Destroyer<rd_kafka_conf_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroyer<rd_kafka_queue_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Destroyer<rd_kafka_event_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, Destroyer<rd_kafka_message_destroy>>;
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, Destroyer<rd_kafka_topic_destroy>>;
using PartitionList =
    std::unique_ptr<rd_kafka_topic_partition_list_t, Destroyer<rd_kafka_topic_partition_list_destroy>>;
using Error = std::unique_ptr<rd_kafka_error_t, Destroyer<rd_kafka_error_destroy>>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Destroyer<rd_kafka_metadata_destroy>>;

using Properties = std::vector<std::pair<std::string, std::string>>;

/// What callbacks find through the instance. Lives longer than the instance.
struct Opaque {
  telemetry::Log* log = nullptr;
  void* owner = nullptr;
  LastRefusal refused{};  ///< Fed by the owner's error callback.
};

/// The connection's properties over `defaults`, and `fixed` over both. A null `opaque` means no log.
std::variant<Conf, Problem> make_conf(const Connection& connection, const Properties& defaults, const Properties& fixed,
                                      Opaque* opaque);

std::variant<Instance, Problem> make_instance(rd_kafka_type_t type, Conf conf);

/// `kafka_unavailable` with librdkafka's words.
Problem unavailable(std::string what, rd_kafka_resp_err_t error);

/// A record that owns its memory.
Record copy_record(const rd_kafka_message_t& message, std::string topic, const Ticket& ticket);

/// Topic names of one metadata answer with their partition counts; missing topics have 0.
std::variant<std::vector<std::pair<std::string, std::int32_t>>, Problem> partition_counts(
    rd_kafka_t* instance, const std::vector<std::string>& topics, std::vector<TopicHandle>& keep, int timeout_ms);

}  // namespace linekeeper::kafka
