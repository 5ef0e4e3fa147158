#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "command/command.hpp"
#include "line/control_desk.hpp"
#include "line/inbox.hpp"
#include "line/line_context.hpp"
#include "line/line_events.hpp"
#include "line/line_journal.hpp"
#include "line/line_place.hpp"
#include "line/send_desk.hpp"
#include "linekeeper/contract/line_record.hpp"
#include "linekeeper/lifecycle/lifecycle.hpp"
#include "linekeeper/net/async_lock.hpp"
#include "linekeeper/net/one_shot.hpp"
#include "linekeeper/net/task_group.hpp"
#include "linekeeper/session/line.hpp"

namespace linekeeper::worker {

using contract::LineRecord;
using contract::read_line;
using contract::write_desired;
using contract::write_status;

/// One line of this worker: holds its lease while the shard is ours (or until its next owner asks for it), keeps its
/// connection as the lifecycle machine says, and hands commands to the desks. Threads: the line's.
class LineRunner final : public LeaseHolder, public transport::LineHost, public ControlHost {
 public:
  /// `context` outlives it. Destroy it only after `stop` returned.
  LineRunner(LineContext& context, std::string session);
  ~LineRunner() override;

  /// The line's shard is ours from now on: take the lease as soon as it is free. `since_us`: Redis time of the
  /// assignment; nothing while it is not known yet.
  void own(std::optional<std::uint64_t> since_us);
  /// The shard is another's: no new commands; the line stays up until it is asked for. `lost`: see LinePlace.
  void disown(bool lost);
  /// A command read from a shard that is ours.
  void submit(Command command);
  /// The context's key ring is another one from now on.
  void use_ring();
  /// The client version is another one from now on.
  void use_version();
  /// Publishes the present status again.
  void repeat_status();
  /// The process is about to end: no new commands; the line stays up until it is asked for.
  void drain();
  /// After `drain`: returns when the commands under way have ended.
  awaitable<void> commands_finished();
  /// Finishes what is under way, closes, releases. Returns when nothing of this line runs any more.
  awaitable<void> stop();

  const std::string& session() const noexcept { return session_; }
  bool owned() const noexcept { return place_.owned(); }
  /// Neither held nor wanted: may be destroyed after `stop`.
  bool idle() const noexcept { return !place_.owned() && !held_; }

  // LeaseHolder
  void lease_lost() override;
  void lease_wanted(const auth::Wanted& by) override;

  // transport::LineHost
  awaitable<Result<transport::Fetched>> fetch(std::vector<std::string> fields) override;
  awaitable<Result<void>> commit(transport::Changes changes) override;
  awaitable<Result<bool>> commit_inbound(transport::Inbound event, transport::Changes changes) override;
  awaitable<Result<bool>> knows_inbound(transport::InboundMessage message) override;
  awaitable<Result<transport::PairVerdict>> may_pair(transport::Account account) override;
  awaitable<Result<transport::PairVerdict>> commit_pairing(transport::Account account,
                                                           transport::Changes changes) override;
  void qr_shown(const transport::QrCode& qr) override;
  void qr_retired() override;
  void pairing_code_shown(const transport::PairingCode& code) override;
  void pairing_code_retired() override;
  void phone_not_multidevice() override;
  void paired(const transport::Account& account) override;
  void logged_in(const transport::Account& account) override;
  void syncing(transport::SyncProgress progress) override;
  void connected() override;

  // ControlHost
  const lifecycle::Lifecycle& lifecycle() const override { return *held_->lifecycle; }
  const std::string& own_number() const override;
  auth::Barriers barriers() const override;
  void pair(const v1::PairCommand& command, auth::UnixMs at) override;
  void join_pairing(const v1::PairCommand& command) override;
  const std::string& pairing_number() const override;
  awaitable<Result<void>> remove_other_number() override;
  awaitable<Result<bool>> yield_number() override;
  void connect() override;
  void disconnect() override;
  awaitable<bool> logout() override;
  awaitable<Result<v1::ResetReport>> reset(const v1::ResetCommand& command, const auth::LedgerRecord& received,
                                           ResetOutcome outcome) override;
  awaitable<Result<std::vector<transport::NumberStatus>>> check_numbers(std::vector<std::string> numbers) override;

 private:
  /// Everything that exists only while the lease is held.
  struct Held {
    Held(LineRunner& runner, auth::Acquisition acquired);
    LineJournal journal;
    LineEvents events;
    LineRecord record;
    std::unique_ptr<lifecycle::Lifecycle> lifecycle;
    std::unique_ptr<Inbox> inbox;
    std::unique_ptr<SendDesk> sends;
    std::unique_ptr<ControlDesk> controls;
    net::OneShot<bool> last_call;  ///< No new commands; those under way are finished.
    net::OneShot<bool> over;
    bool ending = false;    ///< Handing over or stopping: nothing new begins.
    bool finished = false;  ///< No command is under way any more.
    bool lost = false;      ///< The lease is gone: nothing is written any more.
    bool broken = false;    ///< A write failed under it: not taken again at once.
  };

  void act(LinePlace::Step step);
  awaitable<void> hold();
  awaitable<void> serve(auth::Acquisition acquired, Admission::Guard admitted);
  awaitable<bool> load();
  awaitable<void> finish_commands();
  awaitable<void> put_down();
  void keep_unfinished(Held& held);
  awaitable<void> run_line(lifecycle::Mode mode, std::uint64_t epoch);
  Event status_event();
  /// Commits, then publishes; one after the other in the order of the calls. `in_passing`: a status that may be stored
  /// with the next commit, or a second later, unless the operator's wish changes with it.
  void announce(auth::Commit commit, Event event, bool in_passing = false);
  awaitable<void> announce_in_turn(auth::Commit commit, Event event, bool in_passing);
  awaitable<void> wait_for_lease(std::chrono::milliseconds how_long);
  awaitable<void> flush_later();
  /// What a line that is not connected keeps for a limited time only.
  awaitable<void> forget_outlived();
  awaitable<void> reseal();
  void apply(lifecycle::Actions actions);
  void schedule(std::chrono::milliseconds after);
  void status_changed();
  void add_pairing(v1::ConnectionEvent& event) const;
  void end_holding();
  awaitable<Result<bool>> claim_stands(std::string number, auth::Claim claim);
  /// What the head of another line tells.
  struct OtherLine {
    bool stores_number = false;
    bool pairing = false;
  };
  awaitable<Result<OtherLine>> look_at(std::string session, std::string number);
  /// Before each login: false if another session took the number over.
  awaitable<Result<bool>> keeps_number();
  awaitable<Result<void>> give_up_number();
  /// Archives the credentials and stores what `decide` makes of the machine in the same write. Needs the run lock.
  using Decide = std::function<lifecycle::Actions(lifecycle::Lifecycle&)>;
  awaitable<Result<void>> archive(Decide decide);
  /// The session whose number this one took learns of it, sooner or later.
  awaitable<void> tell_loser();
  void learn(const transport::Account& account);
  awaitable<Result<void>> forget(const v1::ResetCommand& command, const auth::LedgerRecord& received,
                                 ResetOutcome outcome, v1::ResetReport& report);
  awaitable<void> free_number(std::string tag);
  /// After what was announced before is stored.
  awaitable<void> free_number_in_turn(std::string tag);
  /// Whether the state that was just read is older than one we knew.
  void look_back();
  void tell_rolled_back();
  void sends_paused(const SendPauses& pauses);
  void store_full(FullStore turn);
  void store_broken(error_code why);
  SendDesk* sends() noexcept { return held_ ? held_->sends.get() : nullptr; }

  LineContext& context_;
  std::string session_;
  net::TaskGroup tasks_;
  net::AsyncLock run_lock_;
  net::AsyncLock announce_lock_;
  boost::asio::steady_timer lease_timer_;
  boost::asio::steady_timer pace_timer_;  ///< Until a place for the next connect is free.
  std::unique_ptr<boost::asio::steady_timer> retry_timer_;
  std::unique_ptr<Held> held_;
  std::unique_ptr<transport::Line> line_;
  std::vector<Command> early_;  ///< Read before the lease was ours.
  transport::RunMode run_mode_;
  auth::UnixMs pair_command_at_ = 0;
  bool take_over_ = false;  ///< The pairing under way may take the number from another session.
  std::optional<transport::QrCode> qr_;
  std::optional<transport::PairingCode> code_;
  std::uint64_t epoch_ = 0;  ///< Counts connections asked for: what an older one reports is not acted on.
  LinePlace place_;
  std::unique_ptr<boost::asio::steady_timer> hand_over_timer_;
  std::shared_ptr<net::OneShot<bool>> finished_;  ///< Of whoever waits in `commands_finished`.
  bool cut_off_ = false;                          ///< Kafka has lost us: nothing can be published.
  bool no_line_told_ = false;
  bool paced_ = false;  ///< The place of the next connect is taken already.
  bool holding_ = false;
  bool draining_ = false;
  bool stopping_ = false;
  bool flushing_ = false;
  bool full_ = false;  ///< The store has no room for this line's writes.
};

}  // namespace linekeeper::worker
