#include "linekeeper/kafka/connection.hpp"

#include <algorithm>
#include <array>

#include "handle.hpp"
#include "linekeeper/base/errc.hpp"

namespace linekeeper::kafka {
namespace {

/// Properties our guarantees rest on.
constexpr std::array<std::string_view, 13> kOurs = {"bootstrap.servers",
                                                    "metadata.broker.list",
                                                    "group.id",
                                                    "enable.auto.commit",
                                                    "auto.commit.interval.ms",
                                                    "enable.auto.offset.store",
                                                    "enable.partition.eof",
                                                    "partition.assignment.strategy",
                                                    "auto.offset.reset",
                                                    "enable.idempotence",
                                                    "acks",
                                                    "request.required.acks",
                                                    "partitioner"};

constexpr int kScramMended = 0x020601ff;  // librdkafka 2.6.1

}  // namespace

std::optional<Problem> add_properties(Connection& connection, const std::vector<std::string>& entries) {
  for (const std::string& entry : entries) {
    const std::size_t mark = entry.find('=');
    if (mark == std::string::npos || mark == 0) {
      return Problem{Errc::invalid_argument, "kafka-property takes name=value, e.g. security.protocol=SASL_SSL"};
    }
    std::string name = entry.substr(0, mark);
    if (std::find(kOurs.begin(), kOurs.end(), name) != kOurs.end()) {
      return Problem{Errc::invalid_argument,
                     "kafka-property " + name + " cannot be changed: what this program promises rests on it"};
    }
    connection.properties.emplace_back(std::move(name), entry.substr(mark + 1));
  }
  return std::nullopt;
}

std::optional<Problem> check(const Connection& connection) {
  auto conf = make_conf(connection, {}, {}, nullptr);
  if (auto* problem = std::get_if<Problem>(&conf)) return std::move(*problem);
  // Only an instance compares the properties with each other and reads certificate files.
  auto instance = make_instance(RD_KAFKA_PRODUCER, std::get<Conf>(std::move(conf)));
  if (auto* problem = std::get_if<Problem>(&instance)) return std::move(*problem);
  return std::nullopt;
}

std::optional<std::string> library_warning(const Connection& connection, int library_version) {
  const int version = library_version == 0 ? rd_kafka_version() : library_version;
  const bool scram = std::any_of(connection.properties.begin(), connection.properties.end(), [](const auto& property) {
    return (property.first == "sasl.mechanism" || property.first == "sasl.mechanisms") &&
           property.second.starts_with("SCRAM");
  });
  if (!scram || version >= kScramMended) return std::nullopt;
  const auto part = [&](int shift) { return std::to_string(version >> shift & 0xff); };
  return "SCRAM does not work with librdkafka " + part(24) + "." + part(16) + "." + part(8) +
         " against Kafka 4 (\"invalid credentials\"): use 2.6.1 or newer (Debian 13 has it), or SASL/PLAIN over TLS, "
         "or "
         "client certificates";
}

}  // namespace linekeeper::kafka
