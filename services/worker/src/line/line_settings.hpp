#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace linekeeper::worker {

/// How the lines of this worker behave.
struct LineRules {
  std::string worker_id;
  std::chrono::milliseconds command_wait{std::chrono::minutes(10)};
  std::chrono::milliseconds backoff_most{std::chrono::minutes(5)};
  std::chrono::milliseconds drain_timeout{std::chrono::seconds(25)};
  std::chrono::milliseconds pair_code_within{std::chrono::seconds(20)};  ///< A pairing code has to be there by then.
  std::optional<std::chrono::milliseconds>
      conflict_retry;                     ///< A conflict is tried once more after this; nothing: never.
  std::optional<double> send_rate = 1.0;  ///< Messages a second and line; nothing for no limit.
  unsigned send_burst = 5;
  std::optional<double> first_contact_rate = 1.0 / 60;  ///< The same to people without earlier contact.
  unsigned first_contact_burst = 3;
  std::size_t most_sends = 256;     ///< Waiting sends of one line; the newest beyond it ends LINE_BACKLOG_FULL.
  std::size_t most_controls = 64;   ///< Pair, reset and line commands have room of their own.
  std::size_t sends_in_flight = 8;  ///< Sent and not yet acknowledged by the server.
  std::chrono::milliseconds rate_limit_pause{std::chrono::minutes(5)};  ///< After the first 429.
  std::chrono::milliseconds restriction_pause{std::chrono::hours(1)};   ///< After the first 463.
  std::chrono::milliseconds trouble_pause{std::chrono::seconds(5)};     ///< After server trouble with one message.
};

}  // namespace linekeeper::worker
