// How a line comes by its credentials: pair commands, what the client shows and stores, and whose the number is.

#include "clock.hpp"
#include "crash_point.hpp"
#include "line/line_runner.hpp"
#include "line/send_request.hpp"
#include "linekeeper/auth/keys.hpp"
#include "linekeeper/auth/line_head.hpp"
#include "linekeeper/auth/number_claim.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/pairing/phone_number.hpp"

namespace linekeeper::worker {
namespace {

google::protobuf::Timestamp stamp(std::chrono::system_clock::time_point time) {
  return timestamp_of(std::chrono::time_point_cast<std::chrono::milliseconds>(time));
}

}  // namespace

const std::string& LineRunner::own_number() const {
  return held_->events.phone_number();
}

const std::string& LineRunner::pairing_number() const {
  return run_mode_.expected_number;
}

void LineRunner::pair(const v1::PairCommand& command, auth::UnixMs at) {
  const bool by_code = command.method() == v1::PAIR_METHOD_CODE;
  transport::PairRequest request;
  if (by_code) request.method = transport::PairRequest::Method::code;
  request.phone_number = command.phone_number();
  request.custom_code = Secret<std::string>(command.custom_code());
  run_mode_ = {};
  run_mode_.expected_number = command.phone_number();
  run_mode_.pair = std::move(request);
  take_over_ = command.take_over();
  pair_command_at_ = at;
  lifecycle::PairPlan plan;
  plan.rounds = command.qr_rounds();
  if (by_code) plan.show_within = context_.rules.pair_code_within;
  apply(held_->lifecycle->on_pair(plan, wall_now()));
}

void LineRunner::join_pairing(const v1::PairCommand& command) {
  if (run_mode_.expected_number.empty()) run_mode_.expected_number = command.phone_number();
  take_over_ = take_over_ || command.take_over();
  if (qr_ || code_) announce({}, status_event());
}

awaitable<Result<void>> LineRunner::remove_other_number() {
  ++epoch_;
  if (line_) line_->close_now();
  // Nothing of the old life may write after the wipe.
  auto ended = co_await run_lock_.acquire();
  Decide decide = [](lifecycle::Lifecycle& line) { return line.on_other_number_removed(wall_now()); };
  auto removed = co_await archive(std::move(decide));
  co_return removed;
}

awaitable<Result<bool>> LineRunner::yield_number() {
  if (!held_->lifecycle->registered()) co_return false;
  const auto ours = co_await keeps_number();
  if (!ours) co_return failure<bool>(ours.error());
  if (*ours || !held_) co_return false;
  if (line_ && line_->connected()) (void)co_await line_->logout();
  ++epoch_;
  if (line_) line_->close_now();
  auto ended = co_await run_lock_.acquire();
  const auto removed = co_await give_up_number();
  if (!removed) co_return failure<bool>(removed.error());
  co_return true;
}

awaitable<Result<void>> LineRunner::give_up_number() {
  context_.log.info("another session took the number over", {{"session", session_}});
  Decide decide = [](lifecycle::Lifecycle& line) { return line.on_number_taken(wall_now()); };
  auto removed = co_await archive(std::move(decide));
  co_return removed;
}

awaitable<Result<void>> LineRunner::archive(Decide decide) {
  if (!held_ || held_->lost) co_return Errc::stale_token;
  ++epoch_;
  retry_timer_.reset();
  lifecycle::Lifecycle after = *held_->lifecycle;
  lifecycle::Actions actions = decide(after);
  LineRecord wiped = held_->record;
  wiped.number_tag.clear();
  wiped.credentials_at_ms = 0;
  auth::Commit commit;
  commit.wipe = auth::Commit::Wipe::archive;
  commit.status = write_status(after, wiped);
  commit.desired = write_desired(after.desired());
  const auto done = co_await held_->journal.commit(std::move(commit));
  if (!done) co_return done.error();
  if (!held_ || held_->lost) co_return Errc::stale_token;
  held_->record = std::move(wiped);
  *held_->lifecycle = std::move(after);
  held_->events.know({}, {});
  apply(std::move(actions));
  co_return ok();
}

awaitable<Result<transport::PairVerdict>> LineRunner::may_pair(transport::Account account) {
  const std::string& expected = run_mode_.expected_number;
  if (!expected.empty() && transport::match_phone(expected, account.pn) == transport::PhoneMatch::mismatch) {
    co_return transport::PairVerdict::phone_mismatch;
  }
  if (!held_ || !context_.store.number_key()) co_return Errc::store_unavailable;
  auth::NumberClaims claims(context_.redis, *context_.store.number_key());
  const auto claim = co_await claims.read(account.pn.user);
  if (!claim) co_return claim.error();
  if (!*claim || (*claim)->session == session_) co_return transport::PairVerdict::allowed;
  const auto holds = co_await claim_stands(account.pn.user, **claim);
  if (!holds) co_return holds.error();
  co_return *holds && !take_over_ ? transport::PairVerdict::claimed : transport::PairVerdict::allowed;
}

awaitable<Result<LineRunner::OtherLine>> LineRunner::look_at(std::string session, std::string number) {
  // Its fields are sealed from us; the keyed hash at its head tells.
  redis::Command ask{"HMGET", auth::key::line(session)};
  ask.insert(ask.end(), auth::head_fields().begin(), auth::head_fields().end());
  const auto head = co_await context_.redis.command(std::move(ask));
  if (!head) co_return head.error();
  OtherLine other;
  const auto read = auth::read_head(*head);
  if (!read) co_return other;
  LineRecord record;
  const auto stored = read_line(*read, record);
  if (!stored) co_return other;
  other.stores_number = record.number_tag == auth::number_tag(*context_.store.number_key(), number);
  other.pairing = stored->status == v1::LINE_STATUS_PAIRING;
  co_return other;
}

awaitable<Result<bool>> LineRunner::claim_stands(std::string number, auth::Claim claim) {
  auth::NumberClaims claims(context_.redis, *context_.store.number_key());
  const auto token = co_await claims.lease_token(claim.session);
  if (!token) co_return failure<bool>(token.error());
  const auto other = co_await look_at(claim.session, number);
  if (!other) co_return failure<bool>(other.error());
  std::optional<std::string> stored;
  if (other->stores_number) stored = number;
  // The lease alone says that it is about to store it; a line that is not pairing had it, and was wiped since.
  co_return auth::claim_holds(claim, number, stored, other->pairing ? *token : auth::FencingToken{0});
}

awaitable<Result<bool>> LineRunner::keeps_number() {
  const std::string number = held_->events.phone_number();
  if (number.empty() || !context_.store.number_key()) co_return true;
  auth::NumberClaims claims(context_.redis, *context_.store.number_key());
  auth::Claim mine;
  mine.session = session_;
  mine.token = held_->journal.token();
  const auto claim = co_await claims.read(number);
  if (!claim) co_return failure<bool>(claim.error());
  if (*claim && (*claim)->session == session_) co_return true;
  if (*claim) {
    const auto other = co_await look_at((*claim)->session, number);
    if (!other) co_return failure<bool>(other.error());
    if (other->stores_number) co_return false;
    // Whoever claims it is pairing just now, or did not get so far. Until it does, the number is ours.
    const auto holds = co_await claim_stands(number, **claim);
    if (!holds) co_return failure<bool>(holds.error());
    if (*holds) co_return true;
  }
  const auto stands = co_await claims.claim(number, mine, *claim);
  if (!stands) co_return failure<bool>(stands.error());
  co_return true;
}

awaitable<void> LineRunner::tell_loser() {
  if (!held_ || held_->record.took_from.empty()) co_return;
  const std::string loser = held_->record.took_from;
  v1::LineCommand command;
  command.set_session_id(loser);
  command.set_command_id("yield-" + event_id({loser, session_, std::to_string(held_->record.credentials_at_ms)}));
  command.set_action(v1::LINE_ACTION_YIELD_NUMBER);
  const auto told = co_await context_.events.command(std::move(command), held_->events.patience());
  if (!told || !held_ || held_->lost || held_->record.took_from != loser) co_return;
  crash_point("takeover.told");
  held_->record.took_from.clear();
  auth::Commit commit;
  commit.status = write_status(*held_->lifecycle, held_->record);
  (void)co_await held_->journal.commit(std::move(commit));  // Else it is told once more, which does no harm.
}

awaitable<Result<transport::PairVerdict>> LineRunner::commit_pairing(transport::Account account,
                                                                     transport::Changes changes) {
  if (!held_ || !context_.store.number_key()) co_return Errc::store_unavailable;
  auth::NumberClaims claims(context_.redis, *context_.store.number_key());
  auth::Claim mine;
  mine.session = session_;
  mine.token = held_->journal.token();
  const auto standing = co_await claims.read(account.pn.user);
  if (!standing) co_return standing.error();
  auto won = co_await claims.claim(account.pn.user, mine, *standing);
  if (!won) co_return won.error();
  if (*won != mine) co_return transport::PairVerdict::claimed;

  if (!held_) co_return Errc::stale_token;
  held_->record.number_tag = auth::number_tag(*context_.store.number_key(), account.pn.user);
  held_->record.credentials_at_ms = pair_command_at_;
  // Without a claim of another it stays: a pairing that the server never heard of took the number before this one.
  if (*standing && (*standing)->session != session_) held_->record.took_from = (*standing)->session;
  auth::Commit commit;
  commit.fields = fields_of(std::move(changes));
  commit.status = write_status(*held_->lifecycle, held_->record);
  const auto done = co_await held_->journal.commit(std::move(commit));
  if (!done) {
    if (*standing) (void)co_await claims.claim(account.pn.user, **standing, mine);
    co_return done.error();
  }

  if (!held_->record.took_from.empty()) crash_point("takeover.stored");

  // Once more, now that the credentials are stored: somebody may have judged our claim before they were.
  won = co_await claims.claim(account.pn.user, mine, mine);
  if (!won) co_return won.error();
  if (!held_) co_return Errc::stale_token;
  if (*won == mine) {
    if (!held_->record.took_from.empty()) crash_point("takeover.committed");
    co_return transport::PairVerdict::allowed;
  }
  held_->record.number_tag.clear();
  held_->record.took_from.clear();
  auth::Commit wipe;
  wipe.wipe = auth::Commit::Wipe::forget;
  wipe.status = write_status(*held_->lifecycle, held_->record);
  const auto wiped = co_await held_->journal.commit(std::move(wipe));
  if (!wiped) co_return wiped.error();
  co_return transport::PairVerdict::claimed;
}

void LineRunner::add_pairing(v1::ConnectionEvent& body) const {
  if (qr_) {
    body.mutable_qr()->set_text(qr_->text.reveal());
    *body.mutable_qr()->mutable_expires_at() = stamp(qr_->expires_at);
    body.mutable_qr()->set_index(qr_->index);
    body.mutable_qr()->set_remaining(qr_->remaining);
    body.mutable_qr()->set_rounds_remaining(held_->lifecycle->rounds_left());
  }
  if (code_) {
    body.mutable_code()->set_code(code_->code.reveal());
    *body.mutable_code()->mutable_expires_at() = stamp(code_->expires_at);
  }
}

void LineRunner::qr_shown(const transport::QrCode& qr) {
  if (!held_) return;
  qr_ = qr;
  if (held_->lifecycle->status() == v1::LINE_STATUS_PAIRING) {
    announce({}, status_event());
  } else {
    apply(held_->lifecycle->on_pairing_live(wall_now()));
  }
}

void LineRunner::qr_retired() {
  qr_.reset();
}

void LineRunner::pairing_code_shown(const transport::PairingCode& code) {
  if (!held_) return;
  code_ = code;
  if (held_->lifecycle->status() == v1::LINE_STATUS_PAIRING) {
    announce({}, status_event());
  } else {
    apply(held_->lifecycle->on_pairing_live(wall_now()));
  }
}

void LineRunner::pairing_code_retired() {
  code_.reset();
}

}  // namespace linekeeper::worker
