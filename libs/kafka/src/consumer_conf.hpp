#pragma once

#include <variant>

#include "handle.hpp"
#include "linekeeper/kafka/consumer.hpp"

namespace linekeeper::kafka {

/// librdkafka's configuration for a consumer of ours, callbacks apart. Warns of a session that is too short to join in.
std::variant<Conf, Problem> consumer_conf(const Consumer::Settings& settings, Opaque& opaque);

}  // namespace linekeeper::kafka
