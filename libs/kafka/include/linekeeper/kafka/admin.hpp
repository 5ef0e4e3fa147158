#pragma once

#include <chrono>
#include <variant>
#include <vector>

#include "linekeeper/kafka/connection.hpp"
#include "linekeeper/kafka/topics.hpp"

namespace linekeeper::telemetry {
class Log;
}

namespace linekeeper::kafka {

/// Questions to the cluster, each with a deadline. Every call blocks its thread for at most `timeout`: not for event
/// loops.
class Admin {
 public:
  /// Throws nothing; a bad connection is answered by each call. `log` must outlive this object.
  Admin(Connection connection, telemetry::Log& log);

  struct Created {
    std::string topic;
    bool existed = false;  ///< Was there before: left as it is.
  };
  /// Creates what is missing and waits until the brokers know all of it. Errors: `kafka_unavailable`; `kafka_refused`
  /// with the broker's reason (then some topics may have been created).
  std::variant<std::vector<Created>, Problem> create(const std::vector<TopicSpec>& specs,
                                                     std::chrono::milliseconds timeout) const;

  /// The state of each named topic, missing ones included. A cluster that does not let us read topic configs leaves
  /// `config_known` false. Errors: `kafka_unavailable`.
  std::variant<std::vector<TopicState>, Problem> describe(const std::vector<std::string>& topics,
                                                          std::chrono::milliseconds timeout) const;

  /// Whether the group has committed any offset of these topics: an installation that worked before.
  /// Errors: `kafka_unavailable`.
  std::variant<bool, Problem> has_committed_offsets(const std::string& group_id, const std::vector<std::string>& topics,
                                                    std::chrono::milliseconds timeout) const;

  /// A member of a consumer group, as the brokers describe it.
  struct Member {
    std::string client_id;
    std::string host;
    std::vector<std::string> topics;  ///< What it subscribes to; empty if it is just joining.
  };
  /// Empty: nobody. Errors: `kafka_unavailable`.
  std::variant<std::vector<Member>, Problem> members(const std::string& group_id,
                                                     std::chrono::milliseconds timeout) const;

 private:
  Connection connection_;
  telemetry::Log& log_;
};

}  // namespace linekeeper::kafka
