// How a line comes by its credentials: pair commands, what the client shows and stores, and whose the number is.

#include "clock.hpp"
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

void LineRunner::pair(const v1::PairCommand& command, auth::UnixMs at) {
  transport::PairRequest request;
  if (command.method() == v1::PAIR_METHOD_CODE) request.method = transport::PairRequest::Method::code;
  request.phone_number = command.phone_number();
  request.custom_code = Secret<std::string>(command.custom_code());
  run_mode_ = {};
  run_mode_.expected_number = command.phone_number();
  run_mode_.pair = std::move(request);
  pair_command_at_ = at;
  apply(held_->lifecycle->on_pair(wall_now()));
}

void LineRunner::show_pairing_again() {
  if (qr_ || code_) announce({}, status_event());
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

}  // namespace linekeeper::worker
