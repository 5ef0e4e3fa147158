#include <algorithm>
#include <ctime>

#include "ack_outcome.hpp"
#include "flows.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/message/ack.hpp"
#include "linekeeper/message/iq.hpp"
#include "linekeeper/message/participant_hash.hpp"
#include "linekeeper/message/usync.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "sending.hpp"

namespace linekeeper::transport {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kMaxId = 64;
constexpr std::size_t kMaxMessage = 1 << 20;

/// The server counts other devices than we did: our lists are stale.
bool lists_differ(const Sending& s, const std::string& phash) {
  std::vector<Jid> devices = s.to.theirs;
  devices.insert(devices.end(), s.to.ours.begin(), s.to.ours.end());
  if (message::participant_hash(devices) == phash) return false;
  // Servers differ in whether the sending device counts.
  const auto& own = s.line.own();
  devices.push_back(s.to.chat.is_lid() && own.lid ? *own.lid : own.pn);
  return message::participant_hash(devices) != phash;
}

asio::awaitable<void> drop_lists(Sending& s) {
  auto guard = co_await s.line.lock_state();
  if (!guard) co_return;
  Changes changes;
  changes.push_back({devices_field(s.line.own().pn), std::nullopt});
  if (!s.to.to_self) {
    changes.push_back({devices_field(s.to.chat), std::nullopt});
    if (s.to.chat_pn) changes.push_back({devices_field(*s.to.chat_pn), std::nullopt});
  }
  auto stored = co_await s.line.commit(std::move(changes));
  (void)stored;
}

/// The message is accepted, but the server knows devices that got no copy: they would never hear of it. They get one
/// under the same id, and nobody else does.
asio::awaitable<void> send_rest(Sending& done) {
  // Whatever happens from here, the next message asks for the lists again.
  co_await drop_lists(done);
  if (!done.line.connected()) co_return;
  Sending rest(done.line, done.message, Sending::Distrust::lists);
  rest.rest = true;
  const bool found = co_await find_recipients(rest);
  if (!found) co_return;
  const auto drop_known = [&done](std::vector<Jid>& devices) {
    std::erase_if(devices, [&done](const Jid& device) {
      const auto same = [&](const Jid& known) { return done.people.canonical(known) == done.people.canonical(device); };
      return std::any_of(done.to.theirs.begin(), done.to.theirs.end(), same) ||
             std::any_of(done.to.ours.begin(), done.to.ours.end(), same);
    });
  };
  drop_known(rest.to.theirs);
  drop_known(rest.to.ours);
  if (!rest.to.theirs.empty() || !rest.to.ours.empty()) {
    std::shared_ptr<Answer> no_ack;
    const bool written = co_await encrypt_and_write(rest, no_ack);
    if (written) co_return;
  }
  // Nobody was left out, or none of them has keys: what was learned on the way is worth keeping all the same.
  auto guard = co_await rest.line.lock_state();
  if (!guard) co_return;
  auto stored = co_await rest.line.commit(std::move(rest.learned));
  (void)stored;
}

asio::awaitable<void> attempt(Sending& s) {
  std::shared_ptr<Answer> ack;
  {
    // The whole way to the wire is one message's at a time: texts arrive in the order they were given in.
    auto turn = co_await s.line.lock_sending();
    if (!turn) {
      s.stop(s.line.ended() ? SendOutcome::not_connected : SendOutcome::busy);
      co_return;
    }
    const bool known = co_await find_recipients(s);
    if (!known) co_return;
    const bool written = co_await encrypt_and_write(s, ack);
    if (!written) co_return;
  }
  auto answer = co_await ack->wait();
  if (!answer) {
    s.stop(SendOutcome::unconfirmed);
    co_return;
  }
  const auto parsed = message::parse_message_ack(*answer);
  if (!parsed) {
    s.stop(SendOutcome::unconfirmed);
    co_return;
  }
  const auto now = static_cast<std::int64_t>(std::time(nullptr));
  if (parsed->error) {
    const auto code = static_cast<int>(std::min<std::uint32_t>(*parsed->error, 9999));
    s.stop(outcome_of(code), code);
    // They may answer if they know that we trust them; a retry of ours would count as one more reach-out.
    if (s.result.outcome == SendOutcome::restricted) s.line.tasks().spawn(issue_trust(s.line, s.to.chat, s.to.chat_pn));
    co_return;
  }
  s.result.outcome = SendOutcome::accepted;
  s.result.server_time = static_cast<std::int64_t>(parsed->time.value_or(0));
  if (!s.to.to_self && s.trust.due(now)) s.line.tasks().spawn(issue_trust(s.line, s.to.chat, s.to.chat_pn));
  if (parsed->phash && lists_differ(s, *parsed->phash)) {
    co_await send_rest(s);
  } else if (s.stale || parsed->refresh_lid) {
    co_await drop_lists(s);
  }
}

bool is_valid(const Outgoing& message) {
  return !message.id.empty() && message.id.size() <= kMaxId && message.to.is_user() && !message.to.is_hosted() &&
         !message.message.reveal().empty() && message.message.reveal().size() <= kMaxMessage && message.commit;
}

}  // namespace

bool Sending::stop_on(const Result<Node>& answer) {
  if (!answer) {
    return stop(answer.error() == Errc::timed_out ? SendOutcome::server_trouble : SendOutcome::not_connected);
  }
  const auto error = message::error_in(*answer);
  const int code = error ? static_cast<int>(std::min<std::uint32_t>(error->code, 9999)) : 500;
  return stop(code == 429 ? SendOutcome::rate_limited : SendOutcome::server_trouble, code);
}

asio::awaitable<SendResult> send_message(Connection& line, Outgoing message) {
  SendResult result;
  if (!is_valid(message)) {
    result.outcome = SendOutcome::invalid;
    co_return result;
  }
  bool committed = false;
  for (const auto distrust : {Sending::Distrust::nothing, Sending::Distrust::lists_sessions}) {
    if (!line.connected()) break;
    Sending sending(line, message, distrust);
    co_await attempt(sending);
    result = std::move(sending.result);
    committed = committed || result.committed;
    if (!result.committed || !may_be_stale(result.code)) break;
  }
  result.committed = committed;
  co_return result;
}

asio::awaitable<Result<std::vector<NumberStatus>>> ask_numbers(Connection& line, std::vector<std::string> numbers) {
  Node query = message::contact_query(line.next_id(), line.next_id(), numbers);
  auto answer = co_await line.ask(std::move(query));
  if (!answer) co_return answer.error();
  const auto parsed = message::parse_usync(*answer);
  if (!parsed) co_return parsed.error();
  if (!parsed->errors.empty()) co_return Errc::iq_error;
  std::vector<NumberStatus> out;
  out.reserve(numbers.size());
  for (auto& number : numbers) {
    const auto found = message::number_in(*parsed, number);
    NumberStatus status;
    status.number = std::move(number);
    status.registered = found.registered;
    if (found.registered) {
      status.jid = found.jid;
      status.lid = found.lid.value_or(Jid{});
    }
    out.push_back(std::move(status));
  }
  co_return out;
}

}  // namespace linekeeper::transport
