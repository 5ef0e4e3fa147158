#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "linekeeper/base/backoff.hpp"
#include "linekeeper/lifecycle/reaction.hpp"
#include "linekeeper/lifecycle/signal.hpp"

namespace linekeeper::lifecycle {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// What an operator wants of the line; stored, so that it survives restarts and hand-overs.
enum class Desired { run, stop };

/// How a connection is opened.
enum class Mode { login, registration };

/// What is known of a line when its lease is gained.
struct Stored {
  bool registered = false;  ///< Credentials of a paired device exist.
  Desired desired = Desired::run;
  v1::LineStatus status = v1::LINE_STATUS_UNSPECIFIED;  ///< As last stored; unspecified for a line nobody has seen.
  v1::ErrorCode code = v1::ERROR_CODE_UNSPECIFIED;
  std::string detail;
  std::optional<Time> next_retry_at;
};

/// What the caller has to do, in this order.
struct Action {
  enum class Kind {
    close,                ///< Close the socket now, before anything else.
    connect,              ///< Open a connection in `mode`.
    schedule,             ///< Call `on_retry_due` after `after`; replaces an earlier schedule.
    cancel_schedule,      ///< Nothing is scheduled any more.
    archive_credentials,  ///< Seal them away for 24 h and wipe them.
    discard_credentials,  ///< Wipe keys of a registration that never became a device.
    publish,              ///< The status changed: store it and publish it.
  };
  Kind kind;
  Mode mode = Mode::login;
  std::chrono::milliseconds after{0};
};
using Actions = std::vector<Action>;

/// The life of one line as a plain machine: told what happened and the time, it answers with what to do. It has no
/// socket, clock, timer or randomness. One object per held line, used from that line's thread only.
class Lifecycle {
 public:
  struct Settings {
    std::chrono::milliseconds backoff_most{std::chrono::minutes(5)};
    std::chrono::milliseconds healthy_after{std::chrono::seconds(60)};  ///< Online so long: failures are forgotten.
  };

  Lifecycle(Settings settings, Stored stored) noexcept;

  /// The lease is ours and `Stored` is what the store holds. Connects a line that should run; a status that waits for a
  /// person, or a ban that has not ended, stays as it is.
  Actions on_held(Time now);

  // Commands
  Actions on_pair(Time now);  ///< Credentials of another number have been removed before, if there were any.
  Actions on_connect(Time now);
  Actions on_disconnect(Time now);
  Actions on_logged_out_by_us(Time now);  ///< Our own logout is done, or was impossible.
  Actions on_reset(Time now);             ///< Everything was wiped.

  // The connection
  Actions on_pairing_live(Time now);  ///< A QR or a code can be shown.
  Actions on_paired(Time now);        ///< Credentials are stored.
  Actions on_logged_in(Time now);
  Actions on_synced(Time now);  ///< The offline queue is empty.
  Actions on_ended(const Ending& ending, Time now, std::uint64_t random);
  Actions on_retry_due(Time now);

  /// The lease is gone: another worker may run the line from here on. Closes, cancels, publishes nothing.
  Actions on_lost();

  v1::LineStatus status() const noexcept { return state_.status; }
  v1::ErrorCode code() const noexcept { return state_.code; }
  const std::string& detail() const noexcept { return state_.detail; }
  std::optional<Time> next_retry_at() const noexcept { return state_.next_retry_at; }
  bool registered() const noexcept { return state_.registered; }
  Desired desired() const noexcept { return state_.desired; }
  /// A connection is open or being opened.
  bool active() const noexcept { return active_; }

 private:
  Actions start(Mode mode);
  Actions settle(v1::LineStatus status, v1::ErrorCode code, std::string detail);
  void set(Actions& actions, v1::LineStatus status, v1::ErrorCode code = v1::ERROR_CODE_UNSPECIFIED,
           std::string detail = {}, std::optional<Time> next_retry_at = {});
  std::chrono::milliseconds wait_for(const Reaction& reaction, const Ending& ending, std::uint64_t random);
  bool desynced_too_often(Time now);

  Settings settings_;
  Stored state_;
  Backoff backoff_;
  std::optional<Time> online_since_;
  std::deque<Time> desyncs_;
  unsigned refused_ = 0;  ///< Attempts refused in a row.
  unsigned at_once_ = 0;  ///< Reconnects without a wait in a row.
  bool active_ = false;
};

}  // namespace linekeeper::lifecycle
