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
  unsigned retry_count = 0;       ///< Attempts that failed in a row.
  bool conflict_retried = false;  ///< The one late retry of a conflict was made.
};

/// How a pair command wants it done.
struct PairPlan {
  unsigned rounds = 1;  ///< How often six fresh QR codes may be asked for.
  /// Pairing by code: it has to be there within this time. With a QR the connection's own limits suffice.
  std::optional<std::chrono::milliseconds> show_within;
};

/// What the caller has to do, in this order.
struct Action {
  enum class Kind {
    close,                ///< Close the socket now, before anything else.
    connect,              ///< Open a connection in `mode`.
    schedule,             ///< Call `on_due` after `after`; replaces an earlier schedule. There is never another timer.
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
/// socket, clock, timer or randomness. One object per held line, used from that line's thread only. docs/lifecycle.md
/// is printed from it.
class Lifecycle {
 public:
  struct Settings {
    std::chrono::milliseconds backoff_most{std::chrono::minutes(5)};
    std::chrono::milliseconds healthy_after{std::chrono::seconds(60)};  ///< Online so long: failures are forgotten.
    std::string version;                                                ///< The client version that lines claim.
    std::optional<std::chrono::milliseconds> conflict_retry;  ///< When a conflict is tried once more; nothing: never.
  };

  Lifecycle(Settings settings, Stored stored);

  /// The lease is ours and `Stored` is what the store holds. Connects a line that should run; a status that waits for a
  /// person, or a ban that has not ended, stays as it is.
  Actions on_held(Time now);

  // Commands
  Actions on_pair(PairPlan plan, Time now);  ///< Credentials of another number were removed before.
  Actions on_connect(Time now);
  Actions on_disconnect(Time now);
  Actions on_logged_out_by_us(Time now);      ///< Our own logout is done, or was impossible; credentials are archived.
  Actions on_reset(Time now);                 ///< Everything was wiped.
  Actions on_number_taken(Time now);          ///< Another session took the number over; credentials are archived.
  Actions on_other_number_removed(Time now);  ///< A pair command names another number; credentials are archived.
  /// Lines claim this client version from now on. A line that was refused with another one tries once.
  Actions on_new_version(std::string version, Time now);

  // The connection
  Actions on_pairing_live(Time now);  ///< A QR or a code can be shown.
  Actions on_paired(Time now);        ///< Credentials are stored.
  Actions on_logged_in(Time now);
  Actions on_synced(Time now);  ///< The offline queue is empty.
  Actions on_ended(const Ending& ending, Time now, std::uint64_t random);
  Actions on_due(Time now);  ///< What was scheduled.

  /// The lease is gone: another worker may run the line from here on. Closes, cancels, publishes nothing.
  Actions on_lost();

  v1::LineStatus status() const noexcept { return state_.status; }
  v1::ErrorCode code() const noexcept { return state_.code; }
  const std::string& detail() const noexcept { return state_.detail; }
  std::optional<Time> next_retry_at() const noexcept { return state_.next_retry_at; }
  unsigned retry_count() const noexcept { return state_.retry_count; }
  bool conflict_retried() const noexcept { return state_.conflict_retried; }
  /// Further rounds of QR codes that this pairing may ask for.
  unsigned rounds_left() const noexcept { return rounds_left_; }
  bool registered() const noexcept { return state_.registered; }
  Desired desired() const noexcept { return state_.desired; }
  /// A connection is open or being opened.
  bool active() const noexcept { return active_; }

 private:
  Actions start(Mode mode);
  Actions resume();
  Actions settle(v1::LineStatus status, v1::ErrorCode code, std::string detail);
  void set(Actions& actions, v1::LineStatus status, v1::ErrorCode code = v1::ERROR_CODE_UNSPECIFIED,
           std::string detail = {}, std::optional<Time> next_retry_at = {});
  std::chrono::milliseconds wait_for(const Reaction& reaction, const Ending& ending, std::uint64_t random);
  bool desynced_too_often(Time now);
  bool outdated_no_more() const;

  Settings settings_;
  Stored state_;
  Backoff backoff_;
  std::optional<Time> online_since_;
  std::deque<Time> desyncs_;
  unsigned refused_ = 0;  ///< Attempts refused in a row.
  unsigned at_once_ = 0;  ///< Reconnects without a wait in a row.
  unsigned rounds_left_ = 0;
  bool active_ = false;
};

}  // namespace linekeeper::lifecycle
