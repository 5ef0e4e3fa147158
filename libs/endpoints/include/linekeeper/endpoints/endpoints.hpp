#pragma once

#include <optional>
#include <string>

#include "linekeeper/kafka/connection.hpp"
#include "linekeeper/redis/connection.hpp"
#include "linekeeper/settings/values.hpp"

namespace linekeeper::endpoints {

// What the settings that all programs of a fleet share mean: how Redis and Kafka are reached.

/// From `redis-url`, `redis-password-file` and `tls-ca`. Nothing, and a sentence in `error`, if they cannot be used.
std::optional<redis::Connection::Settings> redis_settings(const settings::Values& values, std::string& error);

/// From `kafka-brokers` and `kafka-property`. `problem` is set, and the connection not to be used, if they are wrong.
kafka::Connection kafka_connection(const settings::Values& values, std::string& problem);

}  // namespace linekeeper::endpoints
