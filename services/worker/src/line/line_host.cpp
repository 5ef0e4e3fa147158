// What the client asks of its host, and what it reports: the half of LineRunner that faces the wire.

#include "clock.hpp"
#include "line/line_runner.hpp"
#include "line/send_request.hpp"
#include "linekeeper/auth/inbound_ledger.hpp"
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

awaitable<Result<transport::Fetched>> LineRunner::fetch(std::vector<std::string> fields) {
  if (!held_) co_return Errc::stale_token;
  auto found = co_await held_->journal.fetch(std::move(fields));
  co_return found;
}

awaitable<Result<void>> LineRunner::commit(transport::Changes changes) {
  if (!held_) co_return Errc::stale_token;
  auth::Commit commit;
  commit.fields = fields_of(std::move(changes));
  auto done = co_await held_->journal.commit(std::move(commit));
  if (!done) co_return done.error();
  co_return ok();
}

awaitable<Result<bool>> LineRunner::commit_inbound(transport::Inbound event, transport::Changes changes) {
  if (!held_ || !held_->inbox) co_return failure<bool>(Errc::stale_token);
  auto taken = co_await held_->inbox->take(std::move(event), std::move(changes));
  co_return taken;
}

awaitable<Result<bool>> LineRunner::knows_inbound(transport::InboundMessage message) {
  if (!held_) co_return failure<bool>(Errc::stale_token);
  Bytes digest = auth::inbound_digest(session_, message.chat.str(), message.sender.str(), message.id);
  auto known = co_await held_->journal.store().has_inbound(std::move(digest));
  co_return known;
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
  co_return *holds ? transport::PairVerdict::claimed : transport::PairVerdict::allowed;
}

awaitable<Result<bool>> LineRunner::claim_stands(std::string number, auth::Claim claim) {
  auth::NumberClaims claims(context_.redis, *context_.store.number_key());
  const auto token = co_await claims.lease_token(claim.session);
  if (!token) co_return failure<bool>(token.error());
  // Whether that session stores this number is told by the keyed hash at its head; its fields are sealed from us.
  redis::Command ask{"HMGET", auth::key::line(claim.session)};
  ask.insert(ask.end(), auth::head_fields().begin(), auth::head_fields().end());
  const auto head = co_await context_.redis.command(std::move(ask));
  if (!head) co_return failure<bool>(head.error());
  std::optional<std::string> stored;
  const auto read = auth::read_head(*head);
  LineRecord record;
  if (read && read_line(*read, record) && record.number_tag == auth::number_tag(*context_.store.number_key(), number)) {
    stored = number;
  }
  co_return auth::claim_holds(claim, number, stored, *token);
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
  auth::Commit commit;
  commit.fields = fields_of(std::move(changes));
  commit.status = write_status(*held_->lifecycle, held_->record);
  const auto done = co_await held_->journal.commit(std::move(commit));
  if (!done) co_return done.error();

  // Once more, now that the credentials are stored: somebody may have judged our claim before they were.
  won = co_await claims.claim(account.pn.user, mine, mine);
  if (!won) co_return won.error();
  if (*won == mine) co_return transport::PairVerdict::allowed;
  if (!held_) co_return Errc::stale_token;
  held_->record.number_tag.clear();
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

void LineRunner::phone_not_multidevice() {
  if (!held_) return;
  Event event = held_->events.status(*held_->lifecycle, wall_now());
  *std::get<v1::ConnectionEvent>(event.body).mutable_reason() = error_of(v1::PHONE_NOT_MULTIDEVICE);
  announce({}, std::move(event));
}

void LineRunner::learn(const transport::Account& account) {
  held_->events.know(account.pn.user, account.lid.user);
}

void LineRunner::paired(const transport::Account& account) {
  if (!held_) return;
  learn(account);
  apply(held_->lifecycle->on_paired(wall_now()));
}

void LineRunner::logged_in(const transport::Account& account) {
  if (!held_) return;
  learn(account);
  context_.metrics.lines_connected.add(1);
  apply(held_->lifecycle->on_logged_in(wall_now()));
}

void LineRunner::syncing(transport::SyncProgress progress) {
  if (!held_) return;
  Event event = held_->events.status(*held_->lifecycle, wall_now());
  auto& body = *std::get<v1::ConnectionEvent>(event.body).mutable_progress();
  body.set_done(progress.done);
  body.set_total(progress.total);
  announce({}, std::move(event));
}

void LineRunner::connected() {
  if (!held_) return;
  apply(held_->lifecycle->on_synced(wall_now()));
}

}  // namespace linekeeper::worker
