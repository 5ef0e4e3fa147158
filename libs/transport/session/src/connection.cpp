#include "connection.hpp"

#include <algorithm>

#include "field_families.hpp"
#include "flows.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/random.hpp"
#include "linekeeper/message/ack.hpp"
#include "linekeeper/message/offline.hpp"
#include "linekeeper/pairing/pair_success.hpp"
#include "linekeeper/pairing/pairing_stanzas.hpp"
#include "linekeeper/pairing/phone_number.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "pairing.hpp"
#include "stream_end.hpp"

namespace linekeeper::transport {
namespace asio = boost::asio;
namespace {

/// Acks of messages answered with a receipt only, for a server that asks for them all the same.
constexpr std::size_t kRecentAcks = 8;
/// Progress is told at most this often.
constexpr auto kProgressEvery = std::chrono::milliseconds(250);

Keepalive::Times keepalive_times(const LineTimes& times) {
  return {times.idle_min, times.idle_max, times.pong};
}

/// One-time prekeys that the lost part of the state may have made: more than a line uses in weeks, and more than
/// `PrekeyRange` takes for made and not confirmed.
constexpr std::size_t kSkippedPrekeys = 8192;

/// The stored state is older than what the world has seen of us.
void begin_era(DeviceCredentials& credentials) {
  ++credentials.session_era;
  credentials.next_prekey_id = signal::prekey_id_after(credentials.next_prekey_id, kSkippedPrekeys);
  // Until the next login has compared them.
  credentials.prekeys_uploaded = false;
}

}  // namespace

Connection::Connection(asio::any_io_executor executor, LineHost& host, const LineSettings& settings,
                       std::optional<net::TlsContext> tls)
    : executor_(std::move(executor)),
      host_(host),
      settings_(settings),
      tls_(std::move(tls)),
      tasks_(executor_, [this](std::exception_ptr) { end(make_end(EndReason::internal, "task")); }),
      timer_(executor_),
      keepalive_(keepalive_times(settings.times), Clock::now(), crypto::random_u64()),
      ids_(crypto::random_u64()),
      iqs_(settings.bounds.iqs),
      acks_(settings.bounds.sends),
      state_lock_(settings.bounds.sends + 16),
      send_lock_(settings.bounds.sends),
      offline_(settings.times.offline) {}

Connection::~Connection() = default;

asio::awaitable<LineEnd> Connection::run(RunMode mode) {
  const auto self = shared_from_this();
  bool threw = false;
  try {
    co_await live(std::move(mode));
  } catch (const std::exception&) {
    threw = true;
  }
  if (threw) end(make_end(EndReason::internal, "exception"));
  end(make_end(EndReason::internal, "no_reason"));
  co_await tasks_.join();
  co_return *end_;
}

asio::awaitable<void> Connection::live(RunMode mode) {
  const bool loaded = co_await load_credentials(mode);
  if (!loaded) co_return;
  const bool opened = co_await open();
  if (!opened) co_return;

  rearm();
  const std::function<void()> on_arrival = [this] { heard(); };
  while (!ended()) {
    auto node = co_await wire_->next(on_arrival);
    if (!node) {
      LineEnd why = expected_end_ ? *expected_end_ : end_of_stream(node.error());
      end(std::move(why));
      break;
    }
    on_node(std::move(*node));
    if (inbound_.size() < settings_.bounds.inbound || ended()) continue;
    // Too much waits to be handled: the socket's own window holds the rest back.
    room_ = std::make_shared<net::OneShot<bool>>();
    const auto room = room_;
    co_await room->wait();
  }
}

asio::awaitable<bool> Connection::load_credentials(const RunMode& mode) {
  std::vector<std::string> wanted{std::string(kCredentialsField)};
  auto found = co_await fetch(std::move(wanted));
  if (!found) co_return false;
  DeviceCredentials credentials;
  if (const auto it = found->find(kCredentialsField); it != found->end()) {
    auto parsed = parse_credentials(it->second);
    if (!parsed) {
      LineEnd why = make_end(EndReason::credentials_conflict, "corrupt");
      why.cause = parsed.error();
      end(std::move(why));
      co_return false;
    }
    credentials = std::move(*parsed);
  }
  if (credentials.registered()) {
    if (!mode.expected_number.empty() && match_phone(mode.expected_number, *credentials.me) == PhoneMatch::mismatch) {
      end(make_end(EndReason::credentials_conflict, "phone_mismatch"));
      co_return false;
    }
    if (mode.rolled_back) {
      begin_era(credentials);
      Changes changes;
      changes.push_back({std::string(kCredentialsField), serialize(credentials)});
      auto noted = co_await commit(std::move(changes));
      if (!noted) co_return false;
    }
    set_credentials(std::move(credentials));
    co_return true;
  }
  if (!mode.pair) {
    end(make_end(EndReason::needs_pairing));
    co_return false;
  }
  // Nothing of a pairing is stored before it succeeded: every attempt has keys of its own.
  auto pairing = Pairing::prepare(*this, *mode.pair);
  if (!pairing) {
    end(make_end(EndReason::invalid_phone));
    co_return false;
  }
  pairing_ = std::move(pairing);
  set_credentials(fresh_credentials());
  co_return true;
}

void Connection::end(LineEnd why) {
  if (end_) return;
  // The socket first: nothing may leave after this, whatever the rest takes.
  socket_.close_now();
  if (wire_) wire_->close_now();
  if (logged_in_at_) {
    why.logged_in = true;
    why.online = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - *logged_in_at_);
  }
  end_ = std::move(why);
  if (connecting_) connecting_->set(make_error_code(Errc::cancelled));
  iqs_.close(Errc::connection_lost);
  acks_.close(Errc::connection_lost);
  state_lock_.close();
  send_lock_.close();
  inbound_.clear();
  recent_acks_.clear();
  if (room_) std::exchange(room_, nullptr)->set(true);
  timer_.cancel();
  if (pairing_) pairing_->stop();
}

void Connection::fail_store(error_code why) {
  LineEnd failed = make_end(EndReason::store_failed);
  failed.cause = why;
  end(std::move(failed));
}

void Connection::set_credentials(DeviceCredentials credentials) {
  credentials_ = std::move(credentials);
  own_.pn = credentials_.me.value_or(Jid{});
  own_.lid = credentials_.lid && !credentials_.lid->user.empty() ? credentials_.lid : std::nullopt;
}

Account Connection::account() const {
  return {own_.pn, own_.lid.value_or(Jid{}), credentials_.platform, credentials_.business_name};
}

// Stanzas out.

void Connection::send(const Node& stanza) {
  if (wire_ && !ended()) wire_->send(stanza);
}

void Connection::acknowledge(const Node& stanza) {
  if (const auto ack = message::ack_of(stanza, own_.pn)) send(*ack);
}

asio::awaitable<Result<Node>> Connection::ask(Node iq) {
  return ask(std::move(iq), settings_.times.iq);
}

asio::awaitable<Result<Node>> Connection::ask(Node iq, Clock::duration limit) {
  if (ended()) co_return Errc::connection_lost;
  const auto answer = iqs_.add(iq.attr("id").value_or(""), Clock::now() + limit);
  if (!answer) co_return Errc::too_large;
  send(iq);
  rearm();
  auto result = co_await answer->wait();
  co_return result;
}

asio::awaitable<void> Connection::flushed() {
  if (wire_) co_await wire_->flushed();
}

std::shared_ptr<Answer> Connection::expect_ack(std::string id) {
  auto answer = acks_.add(std::move(id), Clock::now() + settings_.times.ack);
  rearm();
  return answer;
}

void Connection::remember_ack(const Node& message) {
  auto ack = message::ack_of(message, own_.pn);
  if (!ack) return;
  recent_acks_.push_back(std::move(*ack));
  if (recent_acks_.size() > kRecentAcks) recent_acks_.pop_front();
}

// State.

asio::awaitable<Result<Fetched>> Connection::fetch(std::vector<std::string> fields) {
  std::vector<std::string> unknown;
  Fetched known = cache_.known(fields, unknown);
  if (unknown.empty()) co_return known;
  const std::size_t asked_for = unknown.size();
  add_families(cache_, unknown);
  const auto asked_at = cache_.version();
  auto found = co_await host_.fetch(unknown);
  if (!found) {
    fail_store(found.error());
    co_return found.error();
  }
  cache_.found(unknown, *found, asked_at);
  for (std::size_t i = asked_for; i < unknown.size(); ++i)
    found->erase(unknown[i]);
  known.merge(*found);
  co_return known;
}

asio::awaitable<Result<void>> Connection::commit(Changes changes) {
  if (changes.empty()) co_return ok();
  cache_.write(changes);
  auto write = host_.commit(std::move(changes));
  auto result = co_await while_held(std::move(write));
  if (result) cache_.written();
  co_return result;
}

asio::awaitable<Result<bool>> Connection::commit_inbound(Inbound event, Changes changes) {
  cache_.write(changes);
  auto write = host_.commit_inbound(std::move(event), std::move(changes));
  auto result = co_await while_held(std::move(write));
  if (result) cache_.written();
  co_return result;
}

asio::awaitable<Result<void>> Connection::commit_send(const CommitSend& commit, Changes changes, SendPlan plan) {
  cache_.write(changes);
  auto write = commit(std::move(changes), std::move(plan));
  auto result = co_await while_held(std::move(write));
  if (result) cache_.written();
  co_return result;
}

asio::awaitable<Result<bool>> Connection::knows_inbound(InboundMessage message) {
  auto known = co_await host_.knows_inbound(std::move(message));
  if (!known) fail_store(known.error());
  co_return known;
}

// Phases.

void Connection::logged_in() {
  logged_in_at_ = Clock::now();
  phase_ = Phase::syncing;
  unlimit_phase();
  host_.logged_in(account());
  if (!ended()) start_draining();
}

void Connection::active() {
  if (ended()) return;
  queue_asked_for_ = true;
  offline_.start(Clock::now());
  // Not with every login, where others are in a hurry too: at some moment of the interval, so that a line that never
  // stays for a whole one sweeps at times as well.
  const auto interval = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.times.sweep).count();
  const auto most = static_cast<std::uint64_t>(std::max<std::int64_t>(interval, 1));
  sweep_due_ = Clock::now() + std::chrono::milliseconds(crypto::random_below(most));
  rearm();
}

void Connection::offline_handled() {
  const auto now = Clock::now();
  if (offline_.over()) return;
  if (offline_.handled(now)) send(message::offline_batch(OfflineProgress::kBatch));
  if (now - last_progress_ >= kProgressEvery) {
    last_progress_ = now;
    host_.syncing(offline_.progress());
  }
}

void Connection::offline_over() {
  if (!offline_.over() || !queue_asked_for_ || phase_ != Phase::syncing || ended()) return;
  phase_ = Phase::connected;
  host_.syncing(offline_.progress());
  if (!ended()) host_.connected();
  start_renewing();
}

void Connection::renew(const Jid& device) {
  constexpr std::size_t kMost = 256;
  if (renewals_.size() < kMost) renewals_.insert(device);
  start_renewing();
}

std::optional<Jid> Connection::to_renew() const {
  if (renewals_.empty() || ended()) return std::nullopt;
  return *renewals_.begin();
}

void Connection::start_renewing() {
  if (renewing_ || !connected() || renewals_.empty()) return;
  renewing_ = true;
  auto all = [](Connection& line) -> asio::awaitable<void> {
    co_await renew_sessions(line);
    line.renewing_ = false;
  };
  tasks_.spawn(all(*this));
}

void Connection::limit_phase(Clock::duration limit, LineEnd why) {
  phase_due_ = Clock::now() + limit;
  phase_end_ = std::move(why);
  rearm();
}

// The one timer.

Time Connection::due() const noexcept {
  Time due = std::min({keepalive_.due(), iqs_.due(), acks_.due(), offline_.due(), phase_due_, sweep_due_});
  if (pairing_) due = std::min(due, pairing_->due());
  return due;
}

void Connection::rearm() {
  if (ended() || !wire_) return;
  const Time next = due();
  if (armed_ && timer_.expiry() <= next) return;
  armed_ = true;
  timer_.expires_at(next);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->armed_ = false;
    self->tick();
  });
}

void Connection::tick() {
  if (ended()) return;
  const Time now = Clock::now();
  // While we do not read, silence says nothing about the other side.
  if (room_) heard();
  switch (keepalive_.at(now)) {
    case Keepalive::Step::wait: break;
    case Keepalive::Step::ping:
      // Nobody talks: what a conversation needs is fetched again when one begins.
      cache_.clear();
      // Nobody waits for the answer itself: anything that arrives is life.
      send(Node("iq").with("id", next_id()).with("xmlns", "w:p").with("type", "get").with("to", server_jid()));
      break;
    case Keepalive::Step::dead: return end(end_of_stream(make_error_code(Errc::timed_out)));
  }
  iqs_.at(now);
  acks_.at(now);
  if (now >= phase_due_) return end(phase_end_);
  if (pairing_) pairing_->at(now);
  if (ended()) return;
  if (offline_.at(now)) offline_over();
  if (now >= sweep_due_) {
    sweep_due_ = now + settings_.times.sweep;
    tasks_.spawn(sweep(*this));
  }
  rearm();
}

// The owner's logout.

asio::awaitable<bool> Connection::logout() {
  const auto self = shared_from_this();
  if (ended() || !is_logged_in()) {
    end(make_end(EndReason::own_logout, "not_connected"));
    co_return false;
  }
  expect_end(make_end(EndReason::own_logout));
  Node request = remove_companion_device(next_id(), own_.pn);
  auto answer = co_await ask(std::move(request), settings_.times.logout);
  if (answer && is_result(*answer)) logout_confirmed_ = true;
  end(make_end(EndReason::own_logout, logout_confirmed_ ? "" : "unconfirmed"));
  co_return logout_confirmed_;
}

}  // namespace linekeeper::transport
