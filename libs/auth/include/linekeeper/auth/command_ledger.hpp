#pragma once

#include <chrono>
#include <optional>

#include "linekeeper/auth/commit.hpp"
#include "linekeeper/auth/ledger_record.hpp"

namespace linekeeper::auth {

/// A command as it was read.
struct IncomingCommand {
  std::string command_id;
  CommandKind kind = CommandKind::send;
  CommandDigest digest{};
  CommandOrigin origin;
  std::optional<UnixMs> not_after_ms;
};

/// What was done to the line before, by the origin timestamps of the commands that did it.
struct Barriers {
  std::optional<UnixMs> reset_at_ms;        ///< The last reset done.
  std::optional<UnixMs> credentials_at_ms;  ///< The pair command that made the present credentials.
};

/// What to do with a command. The ledger is a set of pure decisions: no I/O and no clock. `record` is what to go on
/// with; whoever performs stores it with a commit where said.
struct LedgerDecision {
  enum class Kind {
    begin,     ///< New: do it (or let it wait). `record` is in `received`, not to be stored.
    resume,    ///< Found in `sending`: send `record` again with the same id and plaintext, newly encrypted.
    conclude,  ///< Over, here and now: commit `record` with its code, publish, then `published()`.
    publish,   ///< Over long since, but not published: publish the kept outcome, then `published()`.
    done,      ///< Over and published: nothing to do, the offset may advance.
    refuse,    ///< The same id with other content: publish `refusal`; the record kept stays as it is.
  };
  enum class Refusal { none, reused, expired, superseded, unknown };

  Kind kind = Kind::begin;
  Refusal refusal = Refusal::none;  ///< Why it is concluded or refused; services translate it to an ErrorCode.
  LedgerRecord record;
};

/// How long a message in `sending` may be repeated.
inline constexpr std::chrono::hours kResendFor{24};

/// A record was read; `kept` is what the ledger holds under its id.
LedgerDecision on_command(const IncomingCommand& command, const std::optional<LedgerRecord>& kept,
                          const Barriers& barriers, UnixMs now);

/// A new holder found `kept` among the open records.
LedgerDecision on_open_record(const LedgerRecord& kept, UnixMs now);
/// Until when a record in SENDING is sent again; from then on `on_open_record` concludes it. Precondition: `sending`.
UnixMs resend_until(const LedgerRecord& kept) noexcept;

/// Before starting a command that has waited: again what `on_command` would say of it now (expired, superseded), else
/// `begin`. Precondition: `received`.
LedgerDecision before_start(const LedgerRecord& record, const Barriers& barriers, UnixMs now);

/// To be committed before any byte goes out. Precondition: a send in `received`.
LedgerRecord start_sending(LedgerRecord record, std::string message_id, Bytes request, UnixMs now);
/// To be committed; the request is dropped. Preconditions: not finished; `how` is a finished state.
LedgerRecord finish(LedgerRecord record, CommandState how, int code, Bytes outcome);
/// Kafka acknowledged the outcome's event. To be stored with any later commit. Precondition: finished.
LedgerRecord published(LedgerRecord record);
/// What still answers a repetition of the command and tells nothing of it: kind, digest, state and code. Precondition:
/// finished and published.
LedgerRecord reduced(const LedgerRecord& record);
/// The same for the store, to be kept until no record of a command topic can bring the command back: eight days after
/// its origin. Preconditions as `reduced`, and it was not reduced before.
LedgerCut cut_down(const LedgerRecord& record, UnixMs now);

/// Whether the command's Kafka offset may advance: the outcome's event is acknowledged, or `record` is in the ledger
/// (committed) and in `sending`, from where the ledger alone brings it to its end.
bool offset_may_advance(const LedgerRecord& record, bool committed) noexcept;

/// How long a command may wait before it starts: until `not_after`, or `most` after it was read by its present owner,
/// not counting the time it queues behind the send rate. Monotonic time; `not_after` is the ledger's affair.
class WaitClock {
 public:
  using Time = std::chrono::steady_clock::time_point;
  WaitClock(std::chrono::milliseconds most, Time read_at) noexcept : until_(read_at + most) {}

  void pause(Time now) noexcept;   ///< It queues behind the send rate from now on.
  void resume(Time now) noexcept;  ///< It waits for its line again.
  /// When it expires; nothing while paused.
  std::optional<Time> expires_at() const noexcept;
  bool expired(Time now) const noexcept;

 private:
  Time until_;
  std::optional<Time> paused_at_;
};

}  // namespace linekeeper::auth
