#include "line/line_runner.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "clock.hpp"
#include "line/ending.hpp"
#include "line/send_request.hpp"
#include "linekeeper/auth/keys.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/random.hpp"
#include "linekeeper/session/limited_fields.hpp"

namespace linekeeper::worker {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kStoreAway = 500ms;  ///< How often a store that does not answer is asked.
constexpr auto kGraceWhenCutOff = 500ms;
constexpr auto kGrace = 5s;        ///< For the server's acks when a line is put down.
constexpr auto kLaterAtMost = 1s;  ///< How long small writes wait for a commit to go along with.

std::chrono::milliseconds jittered(std::chrono::milliseconds most) {
  const auto half = most.count() / 2;
  return std::chrono::milliseconds(half + static_cast<std::int64_t>(crypto::random_u64() % std::uint64_t(half + 1)));
}

/// Whoever takes a line over connects it, in each of these alike: so that they are not worth a write of their own while
/// the next status is a moment away.
bool passing(v1::LineStatus status) {
  return status == v1::LINE_STATUS_CONNECTING || status == v1::LINE_STATUS_SYNCING;
}

}  // namespace

LineRunner::Held::Held(LineRunner& runner, auth::Acquisition acquired)
    : journal(runner.context_.redis, runner.context_.ring, runner.session_, std::move(acquired),
              runner.context_.leases),
      events(runner.session_, journal.token(), runner.context_.rules.worker_id) {}

LineRunner::LineRunner(LineContext& context, std::string session)
    : context_(context),
      session_(std::move(session)),
      tasks_(context.executor, rethrow),
      run_lock_(64),
      announce_lock_(1024),
      lease_timer_(context.executor),
      pace_timer_(context.executor),
      place_(context.rules.drain_timeout) {}

LineRunner::~LineRunner() = default;

void LineRunner::own(std::optional<std::uint64_t> since_us) {
  cut_off_ = false;
  act(place_.own(since_us));
}

void LineRunner::disown(bool lost) {
  cut_off_ = lost;
  early_.clear();
  lease_timer_.cancel();
  context_.seeker.give_up(session_);
  act(place_.disown(lost, held_ && held_->lifecycle && held_->lifecycle->active(), Clock::now()));
  hand_over_timer_.reset();
  if (!place_.hand_over_at()) return;
  hand_over_timer_ = std::make_unique<boost::asio::steady_timer>(context_.executor, *place_.hand_over_at());
  hand_over_timer_->async_wait([this](const boost::system::error_code& error) {
    if (!error) act(place_.on_time(Clock::now()));
  });
}

void LineRunner::act(LinePlace::Step step) {
  switch (step) {
    case LinePlace::Step::nothing: break;
    case LinePlace::Step::hand_over: end_holding(); break;
    case LinePlace::Step::seek:
      context_.seeker.assigned_anew(session_, *place_.since_us());
      if (holding_ || stopping_) break;
      holding_ = true;
      tasks_.spawn(hold());
  }
}

void LineRunner::submit(Command command) {
  if (stopping_ || draining_) return;
  if (!held_ || !held_->controls || held_->ending || held_->lost) {
    early_.push_back(std::move(command));
    return;
  }
  if (command.head.kind == auth::CommandKind::send) {
    held_->sends->submit(std::move(command));
  } else {
    held_->controls->submit(std::move(command));
  }
}

void LineRunner::repeat_status() {
  if (!held_ || !held_->lifecycle || held_->lost) return;
  Event event = held_->events.status(*held_->lifecycle, wall_now());
  std::get<v1::ConnectionEvent>(event.body).set_repeated(true);
  announce({}, std::move(event));
  if (!held_->lifecycle->active()) tasks_.spawn(forget_outlived());
}

awaitable<void> LineRunner::stop() {
  stopping_ = true;
  lease_timer_.cancel();
  context_.seeker.give_up(session_);
  hand_over_timer_.reset();
  act(place_.stop());
  co_await tasks_.join();
}

void LineRunner::drain() {
  draining_ = true;
  place_.drain();
  early_.clear();
  lease_timer_.cancel();
  context_.seeker.give_up(session_);
  if (held_) held_->last_call.set(true);
}

awaitable<void> LineRunner::commands_finished() {
  if (!held_ || held_->finished) co_return;
  auto finished = std::make_shared<net::OneShot<bool>>();
  finished_ = finished;
  (void)co_await finished->wait();
}

void LineRunner::end_holding() {
  if (!held_) return;
  held_->ending = true;
  held_->last_call.set(true);
  held_->over.set(true);
}

void LineRunner::lease_lost() {
  if (!held_) return;
  // First the socket, synchronously; everything else may take its time.
  if (line_) line_->close_now();
  held_->lost = true;
  held_->journal.close();
  if (held_->lifecycle) apply(held_->lifecycle->on_lost());
  end_holding();
}

void LineRunner::lease_wanted(const auth::Wanted& by) {
  act(place_.on_wanted(by.since_us));
}

awaitable<void> LineRunner::wait_for_lease(std::chrono::milliseconds how_long) {
  lease_timer_.expires_after(how_long);
  boost::system::error_code ignored;
  co_await lease_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

awaitable<void> LineRunner::hold() {
  while (place_.seeks()) {
    if (!context_.store.open()) {
      co_await wait_for_lease(jittered(kStoreAway));
      continue;
    }
    auto admitted = co_await context_.admission.enter();
    const bool sure = co_await context_.store.confirm();
    if (!place_.seeks()) continue;
    if (!sure) {
      admitted.leave();
      co_await wait_for_lease(jittered(kStoreAway));
      continue;
    }
    auto acquired = co_await context_.leases.acquire(session_, *place_.since_us(), *this);
    if (acquired) {
      co_await serve(std::move(*acquired), std::move(admitted));
      continue;
    }
    admitted.leave();
    if (acquired.error() == Errc::malformed_value && !std::exchange(no_line_told_, true)) {
      context_.log.error("what stands in Redis in the place of a line is no line: remove that key",
                         {{"session", session_}, {"code", "STATE_UNREADABLE"}, {"key", auth::key::line(session_)}});
    }
    if (acquired.error() != Errc::lease_busy) {
      co_await wait_for_lease(jittered(kStoreAway));
    } else if (place_.seeks()) {
      paced_ = co_await context_.seeker.until_free(session_, *place_.since_us());
    }
  }
  holding_ = false;
}

awaitable<void> LineRunner::serve(auth::Acquisition acquired, Admission::Guard admitted) {
  held_ = std::make_unique<Held>(*this, std::move(acquired));
  const bool loaded = co_await load();
  admitted.leave();
  act(place_.on_held());
  if (loaded && !held_->lost && !held_->ending) {
    context_.metrics.lines_held.add(1);
    if (held_->record.rolled_back) tell_rolled_back();
    apply(held_->lifecycle->on_held(wall_now()));
    // Told and not stored: with the right key the line is back.
    if (held_->lifecycle->code() == v1::STATE_UNREADABLE) announce({}, status_event());
    if (!held_->lifecycle->active()) tasks_.spawn(forget_outlived());
    use_ring();
    for (Command& command : std::exchange(early_, {}))
      submit(std::move(command));
    if (draining_) held_->last_call.set(true);
    (void)co_await held_->last_call.wait();
    co_await finish_commands();
    (void)co_await held_->over.wait();
    context_.metrics.lines_held.add(-1);
  }
  const bool broken = held_->broken;
  co_await put_down();
  if (!loaded || broken) co_await wait_for_lease(jittered(kStoreAway));
}

void LineRunner::keep_unfinished(Held& held) {
  // Only a change of owner makes Kafka give them again; the lease alone was lost, and is ours again before long.
  if (!place_.owned() || stopping_ || draining_ || !held.sends || !held.controls) return;
  std::vector<Command> again = held.controls->left();
  for (Command& command : held.sends->left())
    again.push_back(std::move(command));
  for (Command& command : std::exchange(early_, {}))
    again.push_back(std::move(command));
  early_ = std::move(again);
}

awaitable<void> LineRunner::finish_commands() {
  Held& held = *held_;
  held.journal.stop_waiting();
  // What the server does not confirm soon is left in SENDING: the next holder sends the same id again. What Kafka does
  // not take is left unpublished: the next holder publishes it.
  asio::steady_timer grace(context_.executor, cut_off_ ? kGraceWhenCutOff : kGrace);
  grace.async_wait([this, patience = held.events.patience()](const boost::system::error_code& error) {
    if (error) return;
    if (line_) line_->close_now();
    patience->end();
  });
  if (held.controls) co_await held.controls->stop();
  if (held.sends) co_await held.sends->stop();
  held.finished = true;
  if (finished_) std::exchange(finished_, nullptr)->set(true);
}

awaitable<void> LineRunner::put_down() {
  Held& held = *held_;
  held.ending = true;
  retry_timer_.reset();
  asio::steady_timer grace(context_.executor, cut_off_ ? kGraceWhenCutOff : kGrace);
  grace.async_wait([patience = held.events.patience()](const boost::system::error_code& error) {
    if (!error) patience->end();
  });
  if (!held.finished) co_await finish_commands();
  keep_unfinished(held);
  ++epoch_;
  pace_timer_.cancel();
  if (line_) line_->close_now();
  {
    // Whatever uses what this line holds ends before it does.
    auto line_ended = co_await run_lock_.acquire();
    auto announced = co_await announce_lock_.acquire();
  }
  if (held.inbox) co_await held.inbox->stop();
  if (!held.lost) {
    (void)co_await held.journal.flush();
    co_await context_.leases.release(session_, held.journal.token());
  }
  held.journal.close();
  co_await held.journal.settled();
  context_.guards[session_].on_committed(held.journal.store().version());
  line_.reset();
  qr_.reset();
  code_.reset();
  held_.reset();
  place_.on_released();
}

void LineRunner::apply(lifecycle::Actions actions) {
  auth::Commit commit;
  bool changed = false;
  std::string freed;
  for (const lifecycle::Action& action : actions) {
    switch (action.kind) {
      case lifecycle::Action::Kind::close:
        ++epoch_;
        if (line_) line_->close_now();
        break;
      case lifecycle::Action::Kind::connect: tasks_.spawn(run_line(action.mode, ++epoch_)); break;
      case lifecycle::Action::Kind::schedule: schedule(action.after); break;
      case lifecycle::Action::Kind::cancel_schedule: retry_timer_.reset(); break;
      case lifecycle::Action::Kind::archive_credentials:
        commit.wipe = auth::Commit::Wipe::archive;
        freed = std::exchange(held_->record.number_tag, {});
        held_->record.credentials_at_ms = 0;
        break;
      case lifecycle::Action::Kind::discard_credentials: break;  // Never stored: they ended with their connection.
      case lifecycle::Action::Kind::publish: changed = true; break;
    }
  }
  if (!changed || held_->lost) return;
  held_->record.since_ms = wall_now().time_since_epoch().count();
  commit.status = write_status(*held_->lifecycle, held_->record);
  commit.desired = write_desired(held_->lifecycle->desired());
  const bool in_passing = passing(held_->lifecycle->status()) && commit.wipe == auth::Commit::Wipe::keep;
  announce(std::move(commit), status_event(), in_passing);
  if (!freed.empty()) tasks_.spawn(free_number_in_turn(std::move(freed)));
  status_changed();
}

Event LineRunner::status_event() {
  Event event = held_->events.status(*held_->lifecycle, wall_now());
  if (held_->lifecycle->status() == v1::LINE_STATUS_PAIRING) add_pairing(std::get<v1::ConnectionEvent>(event.body));
  return event;
}

void LineRunner::announce(auth::Commit commit, Event event, bool in_passing) {
  tasks_.spawn(announce_in_turn(std::move(commit), std::move(event), in_passing));
}

awaitable<void> LineRunner::announce_in_turn(auth::Commit commit, Event event, bool in_passing) {
  auto turn = co_await announce_lock_.acquire();
  if (!turn || !held_) co_return;
  const auto token = held_->journal.token();
  error_code failed;
  if (in_passing && commit.desired == held_->journal.store().head().desired) {
    held_->journal.later_status(std::move(*commit.status));
  } else if (!commit.empty()) {
    const auto done = co_await held_->journal.commit(std::move(commit));
    if (!done) failed = done.error();
  }
  if (failed == Errc::stale_token || !held_) co_return;  // Another's line now.
  if (failed) {
    context_.log.warn("a status could not be stored",
                      {{"session", session_}, {"token", token}, {"error", failed.message()}});
  }
  held_->events.stamp(event);
  context_.events.post(event);
}

void LineRunner::status_changed() {
  if (held_->controls) held_->controls->status_changed();
  if (held_->sends) held_->sends->wake();
  if (!held_->lifecycle->active()) act(place_.on_down());
}

void LineRunner::use_ring() {
  if (!held_ || held_->lost) return;
  held_->journal.store().use(context_.ring);
  if (held_->journal.store().wants_resealing()) tasks_.spawn(reseal());
}

void LineRunner::use_version() {
  if (!held_ || !held_->lifecycle || held_->lost) return;
  apply(held_->lifecycle->on_new_version(context_.wire.profile.version.str(), wall_now()));
}

awaitable<void> LineRunner::reseal() {
  if (!held_ || held_->ending) co_return;
  const auto done = co_await held_->journal.reseal();
  if (done) {
    context_.log.info("line sealed anew", {{"session", session_}, {"key", context_.ring->first().id}});
  } else {
    context_.log.warn("line could not be sealed anew; its next holder tries again",
                      {{"session", session_}, {"error", done.error().message()}});
  }
}

awaitable<void> LineRunner::flush_later() {
  asio::steady_timer timer(context_.executor, kLaterAtMost);
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  flushing_ = false;
  if (held_ && !held_->lost) (void)co_await held_->journal.flush();
}

awaitable<void> LineRunner::forget_outlived() {
  auto names = transport::limited_fields();
  auto found = co_await held_->journal.fetch(std::move(names));
  const bool still = held_ && !held_->ending && !held_->lost && !held_->lifecycle->active();
  if (!found || !still) co_return;
  const std::int64_t keep = std::chrono::duration_cast<std::chrono::seconds>(context_.wire.times.retry_copies).count();
  auth::Commit commit;
  commit.fields = fields_of(transport::outlived(*found, unix_ms() / 1000 - keep));
  if (commit.fields.empty()) co_return;
  const auto done = co_await held_->journal.commit(std::move(commit));
  if (!done) co_return;
  context_.log.debug("what a line kept for a limited time is gone", {{"session", session_}});
}

void LineRunner::schedule(std::chrono::milliseconds after) {
  retry_timer_ = std::make_unique<boost::asio::steady_timer>(context_.executor, after);
  retry_timer_->async_wait([this](const boost::system::error_code& error) {
    if (!error && held_ && held_->lifecycle && !held_->ending) apply(held_->lifecycle->on_due(wall_now()));
  });
}

awaitable<void> LineRunner::run_line(lifecycle::Mode mode, std::uint64_t epoch) {
  auto turn = co_await run_lock_.acquire();
  if (!turn) co_return;
  const auto now = Clock::now();
  const auto at =
      std::exchange(paced_, false) ? now : context_.pace.reserve(now, static_cast<std::uint32_t>(crypto::random_u64()));
  if (at > now) {
    pace_timer_.expires_at(at);
    boost::system::error_code ignored;
    co_await pace_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (epoch != epoch_ || !held_ || held_->ending) co_return;
  if (mode == lifecycle::Mode::login) {
    const auto keeps = co_await keeps_number();
    if (epoch != epoch_ || !held_ || held_->ending || held_->lost) co_return;
    if (!keeps) {
      apply(held_->lifecycle->on_ended({lifecycle::Signal::store_failed, "number", {}}, wall_now(),
                                       crypto::random_u64()));
      co_return;
    }
    if (!*keeps) {
      (void)co_await give_up_number();
      co_return;
    }
  }
  if (!line_) line_ = std::make_unique<transport::Line>(context_.executor, *this, context_.wire);
  transport::RunMode run = mode == lifecycle::Mode::registration ? run_mode_ : transport::RunMode{};
  run.rolled_back = held_->record.rolled_back;
  const transport::LineEnd end = co_await line_->run(std::move(run));
  const bool was_online = end.logged_in;
  if (was_online) {
    context_.metrics.lines_connected.add(-1);
    context_.logins.went_offline();
  } else if (is_network(end.reason)) {
    context_.logins.failed(session_, Clock::now());
  }
  context_.metrics.ended(transport::name(end.reason));
  context_.log.info("connection ended", {{"session", session_},
                                         {"why", transport::name(end.reason)},
                                         {"detail", end.detail},
                                         {"server_code", end.code},
                                         {"online_ms", end.online}});
  if (epoch != epoch_ || !held_ || held_->lost) co_return;
  held_->events.know_words(end.user_text);
  apply(held_->lifecycle->on_ended(ending_of(end), wall_now(), crypto::random_u64()));
}

}  // namespace linekeeper::worker
