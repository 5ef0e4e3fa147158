#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace linekeeper::worker {

/// Notices that no line can log in from here although Redis and Kafka are well: this machine's way to WhatsApp is
/// broken, and others should try its lines. A plain machine but for its lock: told what happened and the time, it says
/// when to stand aside and when to come back. One line that fails stays with its owner, under its own backoff. Any
/// thread.
class LoginWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Settings {
    std::size_t least_lines = 3;  ///< So many different lines failed, and none got through.
    std::chrono::milliseconds patience{std::chrono::seconds(20)};  ///< For so long, counted from the first.
    std::chrono::milliseconds away_first{std::chrono::minutes(1)};
    std::chrono::milliseconds away_most{std::chrono::minutes(16)};  ///< Doubled up to here while it does not help.
  };
  enum class Step { stay, leave, come_back };

  explicit LoginWatch(Settings settings) noexcept : settings_(settings), away_for_(settings.away_first) {}

  /// A connection ended before its login, for a reason that lies between us and the server.
  void failed(const std::string& session, Time now);
  void came_online();
  void went_offline();

  /// No line can log in, as far as is known now.
  bool stuck(Time now) const;
  /// What to do about the group. `well`: Redis and Kafka are. `others`: another worker is there to take the lines; the
  /// last one never leaves.
  Step decide(bool well, bool others, Time now);
  /// Why this worker is not ready; empty if it is.
  std::string trouble(Time now) const;

 private:
  bool is_stuck(Time now) const;

  const Settings settings_;
  mutable std::mutex mutex_;            ///< Guards what follows.
  std::map<std::string, Time> failed_;  ///< Since a login last succeeded: when each failed first.
  Time first_{};
  std::size_t online_ = 0;
  std::chrono::milliseconds away_for_;
  std::optional<Time> back_at_;  ///< While we stand aside.
};

}  // namespace linekeeper::worker
