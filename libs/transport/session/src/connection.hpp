#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "clock.hpp"
#include "field_cache.hpp"
#include "keepalive.hpp"
#include "linekeeper/message/envelope.hpp"
#include "linekeeper/net/async_lock.hpp"
#include "linekeeper/net/one_shot.hpp"
#include "linekeeper/net/socket.hpp"
#include "linekeeper/net/task_group.hpp"
#include "linekeeper/net/websocket.hpp"
#include "linekeeper/pairing/credentials.hpp"
#include "linekeeper/session/line.hpp"
#include "offline_progress.hpp"
#include "request_table.hpp"
#include "wire.hpp"

namespace linekeeper::transport {

class Pairing;

/// One life of a connection: the socket, who we are, what waits, and the one timer for all of it. The flows (pairing,
/// login, receiving, sending) are functions over it and hold no state of their own.
///
/// One thread. Everything that changes stored state holds `lock_state`, so that ratchets move one step at a time and
/// the host sees one write at a time.
class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  /// `tls` is for wss:// and may remember earlier connections of this line.
  Connection(boost::asio::any_io_executor executor, LineHost& host, const LineSettings& settings,
             std::optional<net::TlsContext> tls);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The owner's side: see `Line`.

  boost::asio::awaitable<LineEnd> run(RunMode mode);
  boost::asio::awaitable<bool> logout();
  bool connected() const noexcept { return phase_ == Phase::connected && !ended(); }
  void let_pass(bool pass) {
    if (wire_) wire_->let_pass(pass);
  }

  // The flows' side.

  LineHost& host() noexcept { return host_; }
  const LineSettings& settings() const noexcept { return settings_; }
  const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
  net::TaskGroup& tasks() noexcept { return tasks_; }

  /// Ends this life: the socket closes before this returns. The first reason counts.
  void end(LineEnd why);
  bool ended() const noexcept { return end_.has_value(); }
  /// What a close by the server means from now on, instead of `network`.
  void expect_end(LineEnd why) { expected_end_ = std::move(why); }

  // Stanzas.

  void send(const Node& stanza);
  /// Acknowledges an incoming stanza, if it is of a kind that wants it.
  void acknowledge(const Node& stanza);
  std::string next_id() { return ids_.next(); }
  /// Sends a request, which has an id, and waits for its answer, of either type. Errors: `timed_out`,
  /// `connection_lost`, `too_large` if too many wait.
  boost::asio::awaitable<Result<Node>> ask(Node iq);
  boost::asio::awaitable<Result<Node>> ask(Node iq, Clock::duration limit);
  /// Until everything sent so far has left.
  boost::asio::awaitable<void> flushed();
  /// Null if too many wait or the connection is over.
  std::shared_ptr<Answer> expect_ack(std::string id);
  void forget_ack(std::string_view id) { acks_.forget(id); }
  /// Keeps the ack of a message that was answered with a receipt only, in case the server asks for it.
  void remember_ack(const Node& message);

  // State.

  using StateGuard = net::AsyncLock::Guard;
  boost::asio::awaitable<std::optional<StateGuard>> lock_state() { return state_lock_.acquire(); }
  boost::asio::awaitable<std::optional<StateGuard>> lock_sending() { return send_lock_.acquire(); }
  /// These end the line when the host fails; the caller just returns then. Those that write need the state lock, and
  /// nothing leaves while they are under way.
  boost::asio::awaitable<Result<Fetched>> fetch(std::vector<std::string> fields);
  boost::asio::awaitable<Result<void>> commit(Changes changes);
  boost::asio::awaitable<Result<bool>> commit_inbound(Inbound event, Changes changes);
  boost::asio::awaitable<Result<void>> commit_send(const CommitSend& commit, Changes changes, SendPlan plan);
  boost::asio::awaitable<Result<bool>> knows_inbound(InboundMessage message);
  /// Any other write of the host's, under the same rules; not for fields that `FieldCache` keeps.
  template <typename T>
  boost::asio::awaitable<Result<T>> while_held(boost::asio::awaitable<Result<T>> write) {
    if (wire_) wire_->hold();
    auto result = co_await std::move(write);
    if (wire_) wire_->release();
    if (!result) fail_store(result.error());
    co_return result;
  }

  /// The present credentials. Changed only under the state lock, together with a commit of the new ones.
  const DeviceCredentials& credentials() const noexcept { return credentials_; }
  void set_credentials(DeviceCredentials credentials);
  const message::OwnAddresses& own() const noexcept { return own_; }
  Account account() const;

  // Phases.

  /// The server accepted the login.
  void logged_in();
  bool is_logged_in() const noexcept { return logged_in_at_.has_value(); }
  /// The login is active: the offline queue may come.
  void active();
  OfflineProgress& offline() noexcept { return offline_; }
  void offline_handled();
  void offline_over();
  /// The present phase has to end by then; `why` if it does not.
  void limit_phase(Clock::duration limit, LineEnd why);
  void unlimit_phase() noexcept { phase_due_ = kNever; }
  /// The timer may have to fire earlier than planned.
  void rearm();

  /// One at a time: true if it may start now, then `done_topping_up` when it ended.
  bool start_topping_up() noexcept { return !std::exchange(topping_up_, true); }
  void done_topping_up() noexcept { topping_up_ = false; }
  /// The session with this device is to be replaced, once, after the offline queue: messages of the old one may be in
  /// it, and a server that is busy with it should not be asked for more.
  void renew(const Jid& device);
  /// The next one to replace; it stays known until `renewed`, so that a second notice meanwhile changes nothing.
  std::optional<Jid> to_renew() const;
  void renewed(const Jid& device) { renewals_.erase(device); }
  /// One at a time for each contact, likewise.
  bool start_trusting(const Jid& contact) { return trusting_.insert(contact).second; }
  void done_trusting(const Jid& contact) { trusting_.erase(contact); }
  /// Calls of `send` that have not returned.
  std::size_t& sends_in_flight() noexcept { return sends_in_flight_; }

 private:
  enum class Phase { starting, pairing, logging_in, syncing, connected };

  boost::asio::awaitable<void> live(RunMode mode);
  /// Credentials for this life, or nothing once it ended.
  boost::asio::awaitable<bool> load_credentials(const RunMode& mode);
  boost::asio::awaitable<bool> open();
  boost::asio::awaitable<Result<net::WebSocket>> connect(net::ConnectReport& report);
  boost::asio::awaitable<void> forget_route();

  void on_node(Node node);
  void on_iq(Node iq);
  void on_stream_error(const Node& error);
  void enqueue(Node node);
  void start_draining();
  boost::asio::awaitable<void> drain_inbound();
  boost::asio::awaitable<void> handle(Node node);
  void fail_store(error_code why);
  void start_renewing();
  void heard();
  void tick();
  Time due() const noexcept;

  boost::asio::any_io_executor executor_;
  LineHost& host_;
  const LineSettings& settings_;
  std::optional<net::TlsContext> tls_;
  net::TaskGroup tasks_;
  boost::asio::steady_timer timer_;
  bool armed_ = false;

  Phase phase_ = Phase::starting;
  std::optional<LineEnd> end_;
  std::optional<LineEnd> expected_end_;
  std::optional<Time> logged_in_at_;
  Time phase_due_ = kNever;
  LineEnd phase_end_;
  Time sweep_due_ = kNever;

  std::shared_ptr<net::OneShot<Result<net::WebSocket>>> connecting_;
  net::Socket::Handle socket_;
  std::optional<Wire> wire_;
  Keepalive keepalive_;
  RequestIds ids_;
  RequestTable iqs_;
  RequestTable acks_;
  net::AsyncLock state_lock_;
  net::AsyncLock send_lock_;

  FieldCache cache_;
  DeviceCredentials credentials_;
  message::OwnAddresses own_;
  std::unique_ptr<Pairing> pairing_;
  OfflineProgress offline_;
  bool queue_asked_for_ = false;
  Time last_progress_{};
  bool topping_up_ = false;
  bool logout_confirmed_ = false;
  std::size_t sends_in_flight_ = 0;
  std::set<Jid> trusting_;
  std::set<Jid> renewals_;
  bool renewing_ = false;

  std::list<Node> inbound_;
  bool draining_ = false;
  std::shared_ptr<net::OneShot<bool>> room_;  ///< The reader waits for the queue to shrink.
  std::list<Node> recent_acks_;
};

}  // namespace linekeeper::transport
