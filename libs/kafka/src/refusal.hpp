#pragma once

#include <librdkafka/rdkafka.h>

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "linekeeper/kafka/connection.hpp"

namespace linekeeper::kafka {

/// In words for an operator, with `kafka_refused`, why brokers do not let us in or lack a right of ours; nothing for
/// errors of another kind. `reason` is what librdkafka said besides, `of` what the right is for: "topic x".
std::optional<Problem> refusal(rd_kafka_resp_err_t error, std::string_view reason, std::string_view of = {});

/// Why brokers refused us last. librdkafka tells that to the error callback, and to whoever waits for an answer only
/// that none came. Threads: any.
class LastRefusal {
 public:
  /// From the error callback.
  void take(rd_kafka_resp_err_t error, const char* reason);
  /// A broker has answered.
  void forget();
  bool known() const;
  /// The refusal, if there was one; else `otherwise`.
  Problem or_else(Problem otherwise) const;

 private:
  mutable std::mutex mutex_;
  std::optional<Problem> problem_;
  bool guessed_ = false;  ///< From a connection that was closed on us: a broker that ends does that too.
};

}  // namespace linekeeper::kafka
