#include "handle.hpp"

#include <algorithm>
#include <array>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/telemetry/log.hpp"

namespace linekeeper::kafka {
namespace {

constexpr std::size_t kErrorText = 512;

void write_log(const rd_kafka_t* instance, int level, const char* facility, const char* text) {
  const auto* opaque = static_cast<const Opaque*>(rd_kafka_opaque(instance));
  if (opaque == nullptr || opaque->log == nullptr) return;
  // syslog's levels. A lost connection is an error there; for us it is weather that the owner reports once.
  // CONFWARN says that a consumer's property means nothing to a producer: one list of properties serves both.
  const bool harmless = std::string_view(facility) == "CONFWARN";
  const auto ours = harmless     ? telemetry::Level::debug
                    : level <= 2 ? telemetry::Level::error
                    : level <= 4 ? telemetry::Level::warn
                    : level <= 6 ? telemetry::Level::debug
                                 : telemetry::Level::trace;
  if (!opaque->log->enabled(ours)) return;
  opaque->log->write(ours, std::string("Kafka client: ") + facility, {{"text", text}});
}

}  // namespace

std::variant<Conf, Problem> make_conf(const Connection& connection, const Properties& defaults, const Properties& fixed,
                                      Opaque* opaque) {
  Conf conf(rd_kafka_conf_new());
  const Properties ours = {{"bootstrap.servers", connection.brokers},
                           {"client.id", connection.client_id},
                           {"socket.keepalive.enable", "true"},
                           {"reconnect.backoff.ms", "50"},
                           {"reconnect.backoff.max.ms", "2000"}};
  for (const Properties* properties : {&ours, &defaults, &connection.properties, &fixed}) {
    for (const auto& [name, value] : *properties) {
      std::array<char, kErrorText> text{};
      if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), text.data(), text.size()) == RD_KAFKA_CONF_OK)
        continue;
      // librdkafka's words repeat the value, which may be a password.
      const bool unknown = std::string_view(text.data()).starts_with("No such");
      return Problem{Errc::invalid_argument, "Kafka property " + name +
                                                 (unknown ? " does not exist in" : " is refused by") + " librdkafka " +
                                                 rd_kafka_version_str()};
    }
  }
  rd_kafka_conf_set_opaque(conf.get(), opaque);
  rd_kafka_conf_set_log_cb(conf.get(), write_log);
  return conf;
}

std::variant<Instance, Problem> make_instance(rd_kafka_type_t type, Conf conf) {
  std::array<char, kErrorText> text{};
  Instance instance(rd_kafka_new(type, conf.get(), text.data(), text.size()));
  if (!instance) return Problem{Errc::invalid_argument, std::string("Kafka settings: ") + text.data()};
  (void)conf.release();  // the instance owns it now
  return instance;
}

Problem unavailable(std::string what, rd_kafka_resp_err_t error) {
  return {Errc::kafka_unavailable, std::move(what) + ": " + rd_kafka_err2str(error)};
}

Record copy_record(const rd_kafka_message_t& message, std::string topic, const Ticket& ticket) {
  Record record;
  record.ticket = ticket;
  record.topic = std::move(topic);
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t timestamp = rd_kafka_message_timestamp(&message, &type);
  if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) {
    record.timestamp_ms = timestamp;
    record.timestamp_type =
        type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? TimestampType::log_append : TimestampType::create;
  }
  const auto* key = static_cast<const std::uint8_t*>(message.key);
  if (key != nullptr) record.key.assign(key, key + message.key_len);
  const auto* payload = static_cast<const std::uint8_t*>(message.payload);
  if (payload != nullptr) record.payload.assign(payload, payload + message.len);
  record.tombstone = payload == nullptr;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    record.headers.push_back({name, value == nullptr ? "" : std::string(static_cast<const char*>(value), size)});
  }
  return record;
}

std::variant<std::vector<std::pair<std::string, std::int32_t>>, Problem> partition_counts(
    rd_kafka_t* instance, const std::vector<std::string>& topics, std::vector<TopicHandle>& keep, int timeout_ms) {
  // Topics known locally are what the request asks for. Without these handles it would ask for nothing.
  if (keep.empty()) {
    for (const auto& topic : topics)
      keep.emplace_back(rd_kafka_topic_new(instance, topic.c_str(), nullptr));
  }
  const rd_kafka_metadata_t* answer = nullptr;
  const auto error = rd_kafka_metadata(instance, 0, nullptr, &answer, timeout_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return unavailable("no broker answers: check kafka-brokers and the network", error);
  const Metadata metadata(answer);
  std::vector<std::pair<std::string, std::int32_t>> counts;
  for (const auto& topic : topics) {
    const auto* begin = metadata->topics;
    const auto* end = begin + metadata->topic_cnt;
    const auto* found = std::find_if(begin, end, [&](const auto& t) { return topic == t.topic; });
    const bool there = found != end && found->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (found != end && !there && found->err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
      return refusal(found->err, {}, "topic " + topic).value_or(unavailable("topic " + topic, found->err));
    }
    counts.emplace_back(topic, there ? found->partition_cnt : 0);
  }
  return counts;
}

}  // namespace linekeeper::kafka
