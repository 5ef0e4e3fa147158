#include "pairing.hpp"

#include <variant>

#include "connection.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/pairing/pair_success.hpp"
#include "linekeeper/pairing/pairing_stanzas.hpp"
#include "linekeeper/pairing/phone_number.hpp"
#include "linekeeper/pairing/qr.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "linekeeper/signal/workspace.hpp"
#include "stream_end.hpp"

namespace linekeeper::transport {
namespace asio = boost::asio;
namespace {

/// The wall clock's reading of a monotonic deadline, for people.
std::chrono::system_clock::time_point wall(Time deadline) {
  return std::chrono::system_clock::now() +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(deadline - Clock::now());
}

/// What a freshly linked device stores: its credentials, its signed prekey, its own two addresses.
Changes first_state(const DeviceCredentials& credentials) {
  signal::Workspace workspace({credentials.identity, credentials.registration_id});
  workspace.put_signed_prekey(credentials.signed_prekey.id, credentials.signed_prekey.keys.priv);
  Changes changes = workspace.take_changes();
  changes.push_back({std::string(kCredentialsField), serialize(credentials)});
  if (credentials.lid && !credentials.lid->user.empty()) {
    changes.push_back({lid_field(credentials.me->user), to_bytes(credentials.lid->user)});
    changes.push_back({pn_field(credentials.lid->user), to_bytes(credentials.me->user)});
  }
  return changes;
}

}  // namespace

std::unique_ptr<Pairing> Pairing::prepare(Connection& line, const PairRequest& request) {
  std::string phone;
  if (!request.phone_number.empty() || request.method == PairRequest::Method::code) {
    auto digits = normalize_phone(request.phone_number);
    if (!digits) return nullptr;
    phone = std::move(*digits);
  }
  const auto& custom = request.custom_code.reveal();
  if (request.method == PairRequest::Method::code && !custom.empty() && !normalize_link_code(custom)) return nullptr;
  return std::unique_ptr<Pairing>(new Pairing(line, request, std::move(phone)));
}

Pairing::Pairing(Connection& line, const PairRequest& request, std::string phone)
    : line_(line),
      method_(request.method),
      phone_(std::move(phone)),
      custom_code_(request.custom_code.reveal()),
      screen_(line.settings().times.qr_first, line.settings().times.qr_next) {}

asio::awaitable<void> Pairing::on_iq(Node iq) {
  if (is_pair_device(iq)) {
    on_refs(iq);
  } else if (is_pair_success(iq)) {
    co_await on_success(std::move(iq));
  }
}

// Refs and what is shown of them.

void Pairing::on_refs(const Node& iq) {
  auto refs = parse_pair_device(iq);
  line_.send(iq_result_to(iq));
  if (!refs || deciding_ || stopped_) return;
  line_.unlimit_phase();
  if (method_ == PairRequest::Method::code) {
    // Only now may a code be asked for; a code that lives goes on living.
    if (!asking_ && !code_) line_.tasks().spawn(ask_for_code());
    return;
  }
  screen_.start(std::move(*refs), Clock::now());
  show();
  line_.rearm();
}

void Pairing::show() {
  const auto shown = screen_.shown();
  if (!shown) return;
  showing_ = true;
  QrCode qr;
  qr.text = qr_text(line_.credentials(), shown->ref);
  qr.expires_at = wall(shown->until);
  qr.index = shown->index;
  qr.remaining = shown->remaining;
  line_.host().qr_shown(qr);
}

Time Pairing::due() const noexcept {
  Time due = screen_.due();
  if (code_) due = std::min(due, code_->dies);
  return due;
}

void Pairing::at(Time now) {
  switch (screen_.at(now)) {
    case QrScreen::Step::wait: break;
    case QrScreen::Step::show: show(); break;
    case QrScreen::Step::expired: return line_.end(make_end(EndReason::qr_expired));
  }
  if (code_ && now >= code_->dies && !deciding_) line_.end(make_end(EndReason::pairing_timeout, "code"));
}

void Pairing::stop() {
  if (std::exchange(stopped_, true)) return;
  screen_.stop();
  if (std::exchange(showing_, false)) line_.host().qr_retired();
  if (code_) {
    code_.reset();
    line_.host().pairing_code_retired();
  }
}

// Notifications of an unregistered device.

asio::awaitable<void> Pairing::on_notification(Node notification) {
  // Once we countersigned, what is told to the new device belongs to its login, where it comes again.
  if (stopped_) co_return;
  line_.send(notification_ack(notification));
  if (deciding_ || stopped_) co_return;
  if (asks_registration_refresh(notification)) {
    on_refresh();
  } else if (notification.attr_is("type", "link_code_companion_reg")) {
    co_await on_link_stage(std::move(notification));
  } else if (notification.attr_is("type", "passkey_prologue_request")) {
    co_await line_.flushed();
    line_.end(make_end(EndReason::passkey_required));
  }
}

/// What the phone scanned is retired: the same ref under a new secret is what it has to scan now.
void Pairing::on_refresh() {
  // Once the phone answered a code, the secret is agreed with it and stays.
  if (code_ && code_->hellos > 0) return;
  DeviceCredentials renewed = line_.credentials();
  renew_adv_secret(renewed);
  line_.set_credentials(std::move(renewed));
  show();
}

// The end of either way.

asio::awaitable<void> Pairing::refuse(Node answer, LineEnd why) {
  line_.send(answer);
  co_await line_.flushed();
  line_.end(std::move(why));
}

asio::awaitable<void> Pairing::on_success(Node iq) {
  if (deciding_ || stopped_) co_return;
  deciding_ = true;
  PairOutcome outcome = verify_pair_success(iq, line_.credentials(), phone_);
  if (auto* refused = std::get_if<PairRefused>(&outcome)) {
    LineEnd why = make_end(EndReason::pairing_failed, std::string(name(refused->check)));
    if (refused->check == PairCheck::phone) why = make_end(EndReason::credentials_conflict, "phone_mismatch");
    co_await refuse(std::move(refused->answer), std::move(why));
    co_return;
  }
  PairAccepted accepted = std::get<PairAccepted>(std::move(outcome));

  auto guard = co_await line_.lock_state();
  if (!guard) co_return;
  Account account{*accepted.credentials.me, accepted.credentials.lid.value_or(Jid{}), accepted.credentials.platform,
                  accepted.credentials.business_name};
  auto asked = co_await line_.host().may_pair(account);
  Result<PairVerdict> verdict = asked;
  if (asked && *asked == PairVerdict::allowed) {
    auto write = line_.host().commit_pairing(account, first_state(accepted.credentials));
    verdict = co_await line_.while_held(std::move(write));
  }
  if (!verdict) {
    LineEnd why = make_end(EndReason::store_failed);
    why.cause = verdict.error();
    co_await refuse(refuse_pair_success(iq), std::move(why));
    co_return;
  }
  if (*verdict != PairVerdict::allowed) {
    const char* detail = *verdict == PairVerdict::claimed ? "claimed" : "phone_mismatch";
    co_await refuse(refuse_pair_success(iq), make_end(EndReason::credentials_conflict, detail));
    co_return;
  }
  line_.set_credentials(std::move(accepted.credentials));
  line_.send(accepted.answer);
  stop();
  // The server restarts us now; whatever closes this connection, the way on is a login.
  line_.expect_end(make_end(EndReason::restart_required, "paired"));
  line_.limit_phase(line_.settings().times.after_pairing, make_end(EndReason::restart_required, "paired"));
  line_.host().paired(account);
}

}  // namespace linekeeper::transport
