#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "linekeeper/base/result.hpp"

namespace linekeeper::kafka {

/// How to reach the brokers. `properties` are librdkafka's own names and win over our defaults; they may hold
/// passwords.
struct Connection {
  std::string brokers = "127.0.0.1:9092";
  std::vector<std::pair<std::string, std::string>> properties = {};
  std::string client_id = "linekeeper";
};

/// A failure with words for a person. `what` names the thing and what to do next, never a property's value.
struct Problem {
  error_code code;
  std::string what;
};

/// Splits `name=value` entries of the setting `kafka-property`. Errors: `invalid_argument`, with the entry's name.
std::optional<Problem> add_properties(Connection& connection, const std::vector<std::string>& entries);

/// Asks librdkafka whether it knows every property and takes its value, without connecting.
std::optional<Problem> check(const Connection& connection);

/// What an operator should know before the first connect: SCRAM with a librdkafka before 2.6.1 fails against Kafka 4.
/// `library_version` is librdkafka's (0x020601ff is 2.6.1); 0 asks the library in use.
std::optional<std::string> library_warning(const Connection& connection, int library_version = 0);

}  // namespace linekeeper::kafka
