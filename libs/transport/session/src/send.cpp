#include <algorithm>
#include <ctime>
#include <map>
#include <set>

#include "ack_outcome.hpp"
#include "connection.hpp"
#include "device_keys.hpp"
#include "flows.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/message/ack.hpp"
#include "linekeeper/message/bundle.hpp"
#include "linekeeper/message/device_sent.hpp"
#include "linekeeper/message/outgoing.hpp"
#include "linekeeper/message/padding.hpp"
#include "linekeeper/message/participant_hash.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "linekeeper/signal/workspace.hpp"
#include "reading.hpp"
#include "recipients.hpp"
#include "retry_copies.hpp"
#include "wire/message.pb.h"

namespace linekeeper::transport {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kMaxId = 64;
constexpr std::size_t kMaxMessage = 1 << 20;
/// Sessions are looked at, bundles asked for, sessions looked at again; more rounds would mean that devices change
/// faster than we ask.
constexpr unsigned kSessionRounds = 3;

std::int64_t unix_now() {
  return static_cast<std::int64_t>(std::time(nullptr));
}

/// One attempt to send, from the address to the ack.
struct Sending {
  Sending(Connection& connection, const Outgoing& outgoing, bool anew)
      : line(connection), message(outgoing), refresh(anew), people(connection.own()) {}

  Connection& line;
  const Outgoing& message;
  bool refresh;  ///< Nothing cached counts, and every session is made anew.
  LidMap people;
  Recipients to;
  Changes learned;  ///< Lists and mappings, stored with the message.
  std::map<Jid, signal::PreKeyBundle> bundles;
  std::set<Jid> asked;  ///< Devices whose bundle was asked for, successfully or not.
  SendResult result;

  /// For `co_return`: the attempt ends here.
  bool stop(SendOutcome outcome, int code = 0) {
    result.outcome = outcome;
    result.code = code;
    return false;
  }
};

int code_of(const Node& answer) {
  const auto error = message::error_in(answer);
  return error ? static_cast<int>(std::min<std::uint32_t>(error->code, 9999)) : 500;
}

/// A question before the message went wrong: nothing was committed, the same message may be tried later.
bool stop_on(Sending& s, const Result<Node>& answer) {
  if (!answer) {
    return s.stop(answer.error() == Errc::timed_out ? SendOutcome::server_trouble : SendOutcome::not_connected);
  }
  const int code = code_of(*answer);
  return s.stop(code == 429 ? SendOutcome::rate_limited : SendOutcome::server_trouble, code);
}

/// A number we never wrote to: does it exist, and how does WhatsApp write it? Asked once, then its devices are cached.
asio::awaitable<bool> find_stranger(Sending& s, Jid& to) {
  std::vector<std::string> numbers{to.user};
  Node query = message::contact_query(s.line.next_id(), s.line.next_id(), numbers);
  auto answer = co_await s.line.ask(std::move(query));
  if (!answer || !is_result(*answer)) co_return stop_on(s, answer);
  const auto parsed = message::parse_usync(*answer);
  if (!parsed) co_return s.stop(SendOutcome::server_trouble);
  if (!parsed->errors.empty()) {
    const auto code = static_cast<int>(parsed->errors.front().second.code % 10'000);
    co_return s.stop(code == 429 ? SendOutcome::rate_limited : SendOutcome::server_trouble, code);
  }
  const auto found = message::number_in(*parsed, to.user);
  if (!found.registered) co_return s.stop(SendOutcome::recipient_unknown);
  if (found.lid) s.people.learn(found.jid, *found.lid);
  to = found.jid.account();
  co_return true;
}

asio::awaitable<bool> find_recipients(Sending& s) {
  Jid to = s.message.to.account();
  s.people.want(to);
  const auto now = unix_now();
  const auto max_age = std::chrono::duration_cast<std::chrono::seconds>(s.line.settings().times.device_lists).count();

  std::vector<std::string> names = s.people.fields();
  names.push_back(devices_field(to));
  names.push_back(devices_field(s.line.own().pn));
  auto found = co_await s.line.fetch(std::move(names));
  if (!found) co_return s.stop(SendOutcome::not_connected);
  s.people.load(*found);

  const bool stranger =
      to.is_pn() && !s.line.own().is_self(to) && !s.people.other(to) && !found->contains(devices_field(to));
  if (stranger) {
    const bool exists = co_await find_stranger(s, to);
    if (!exists) co_return false;
  }
  RecipientLists lists(s.line.own(), to, now, max_age);
  auto cached = co_await s.line.fetch(lists.fields(s.people));
  if (!cached) co_return s.stop(SendOutcome::not_connected);
  lists.load(*cached, s.people, s.refresh);

  // The hidden id is what chats are about: asked for under it where it is known.
  std::vector<Jid> missing = lists.missing();
  if (!missing.empty()) {
    for (Jid& user : missing) {
      if (!s.line.own().is_self(user)) user = s.people.canonical(user);
    }
    Node query = message::devices_query(s.line.next_id(), s.line.next_id(), missing);
    auto answer = co_await s.line.ask(std::move(query));
    if (!answer || !is_result(*answer)) co_return stop_on(s, answer);
    const auto parsed = message::parse_usync(*answer);
    if (!parsed) co_return s.stop(SendOutcome::server_trouble);
    for (const auto& [what, error] : parsed->errors) {
      if (what != "devices") continue;
      const auto code = static_cast<int>(error.code % 10'000);
      co_return s.stop(code == 429 ? SendOutcome::rate_limited : SendOutcome::server_trouble, code);
    }
    lists.answered(*parsed, s.people);
  }
  s.to = lists.result(s.people);
  s.learned = lists.changes(s.people);
  for (auto& change : s.people.changes())
    s.learned.push_back(std::move(change));
  if (s.to.theirs.empty() && !s.to.to_self) co_return s.stop(SendOutcome::no_device);
  co_return true;
}

/// Bundles for devices without session: all in one question, and each alone if one of them spoils it.
asio::awaitable<bool> ask_bundles(Sending& s, std::vector<Jid> devices) {
  const auto take = [&s](const std::vector<message::BundleAnswer>& answers) {
    for (const auto& entry : answers) {
      if (!entry.bundle) continue;
      s.bundles[entry.device] = signal_bundle(*entry.bundle, entry.bundle->device.registration_id);
    }
  };
  for (const Jid& device : devices)
    s.asked.insert(device);
  Node query = message::bundle_request(s.line.next_id(), devices, s.refresh);
  auto answer = co_await s.line.ask(std::move(query));
  if (!answer) co_return stop_on(s, answer);
  if (!is_result(*answer)) {
    if (code_of(*answer) != 406) co_return stop_on(s, answer);
    for (const Jid& device : devices) {
      if (devices.size() == 1) break;
      const std::vector<Jid> one{device};
      Node single = message::bundle_request(s.line.next_id(), one, s.refresh);
      auto alone = co_await s.line.ask(std::move(single));
      if (!alone) co_return stop_on(s, alone);
      const auto parsed = message::parse_bundles(*alone);
      if (parsed) take(*parsed);
    }
    co_return true;
  }
  const auto parsed = message::parse_bundles(*answer);
  if (!parsed) co_return s.stop(SendOutcome::server_trouble);
  take(*parsed);
  co_return true;
}

/// The session address of a device, and the one it may still have a session under.
struct Place {
  Jid device;
  signal::Address address;
  std::optional<signal::Address> older;
};

std::vector<Place> places_of(const Sending& s) {
  std::vector<Place> places;
  const auto add = [&](const Jid& device) {
    const Jid best = s.people.canonical(device);
    Place place{device, signal::address_of(best), std::nullopt};
    if (best.is_lid()) {
      if (const auto pn = s.people.other(best)) place.older = signal::address_of(*pn);
    }
    places.push_back(std::move(place));
  };
  for (const Jid& device : s.to.theirs)
    add(device);
  for (const Jid& device : s.to.ours)
    add(device);
  return places;
}

std::vector<std::string> session_names(const std::vector<Place>& places) {
  std::vector<std::string> names;
  for (const Place& place : places) {
    for (auto& field : signal::session_fields(place.address))
      names.push_back(std::move(field));
    if (!place.older) continue;
    for (auto& field : signal::session_fields(*place.older))
      names.push_back(std::move(field));
  }
  return names;
}

/// Devices to ask bundles for. Starts the sessions whose bundles are there.
std::vector<Jid> prepare_sessions(Sending& s, signal::Workspace& workspace, const std::vector<Place>& places) {
  std::vector<Jid> missing;
  for (const Place& place : places) {
    if (place.older && !workspace.move_session(*place.older, place.address)) continue;
    const auto session = workspace.session(place.address);
    const bool has = session && *session;
    const auto bundle = s.bundles.find(place.device);
    if (bundle != s.bundles.end() && (s.refresh || !has)) {
      // Refused if its signature does not hold: the device is left out then.
      if (workspace.start_session(place.address, bundle->second)) continue;
    }
    if ((s.refresh || !has) && !s.asked.contains(place.device)) missing.push_back(place.device);
  }
  return missing;
}

/// A copy for every device that has a session.
std::vector<message::SealedCopy> encrypt_all(Sending& s, signal::Workspace& workspace,
                                             const std::vector<Place>& places) {
  std::vector<message::SealedCopy> copies;
  const Bytes& plain = s.message.message.reveal();
  const SecretBytes own_plain(s.to.ours.empty() ? Bytes() : message::wrap_device_sent(s.to.chat, plain));
  for (std::size_t i = 0; i < places.size(); ++i) {
    const bool own = i >= s.to.theirs.size();
    SecretBytes padded(own ? own_plain.reveal() : plain);
    message::pad(padded.reveal());
    auto sealed = workspace.encrypt(places[i].address, padded.reveal());
    if (!sealed) continue;
    if (!own) ++s.result.plan.devices;
    copies.push_back({places[i].device, sealed->type == signal::CipherType::prekey_message, std::move(sealed->bytes)});
  }
  return copies;
}

/// Encrypts, commits, writes. The message's ack is awaited by the caller.
asio::awaitable<bool> encrypt_and_write(Sending& s, std::shared_ptr<Answer>& ack) {
  Connection& line = s.line;
  const auto places = places_of(s);
  const std::string retry_field = RetryBlock::field(s.message.id);
  for (unsigned round = 0; round < kSessionRounds; ++round) {
    std::vector<Jid> missing;
    {
      auto guard = co_await line.lock_state();
      if (!guard) co_return s.stop(SendOutcome::not_connected);
      const auto names = session_names(places);
      std::vector<std::string> all = names;
      all.push_back(retry_field);
      auto found = co_await line.fetch(std::move(all));
      if (!found) co_return s.stop(SendOutcome::not_connected);
      signal::Workspace workspace({line.credentials().identity, line.credentials().registration_id});
      workspace.load(names, *found);
      missing = prepare_sessions(s, workspace, places);
      if (missing.empty() || round + 1 == kSessionRounds) {
        s.result.plan = {s.to.chat, 0};
        auto copies = encrypt_all(s, workspace, places);
        if (copies.empty() || (s.result.plan.devices == 0 && !s.to.to_self)) co_return s.stop(SendOutcome::no_device);

        RetryBlock block;
        if (const auto it = found->find(retry_field); it != found->end()) {
          if (auto stored = RetryBlock::read(it->second)) block = std::move(*stored);
        }
        RetryCopy kept;
        kept.id = s.message.id;
        kept.chat = s.to.chat;
        kept.sent_at = unix_now();
        kept.message = s.message.message;
        for (const auto& copy : copies)
          kept.waiting.push_back({copy.device, 0});
        block.put(std::move(kept));
        Changes changes = workspace.take_changes();
        for (auto& change : s.learned)
          changes.push_back(std::move(change));
        changes.push_back({retry_field, block.write()});

        wire::Message content;
        message::DirectMessage stanza;
        const Bytes& plain = s.message.message.reveal();
        if (content.ParseFromArray(plain.data(), static_cast<int>(plain.size()))) {
          stanza.presentation = presentation_of(content);
        }
        stanza.id = s.message.id;
        stanza.to = s.to.chat;
        stanza.peer_recipient_pn = s.to.chat_pn;
        stanza.copies = std::move(copies);
        stanza.device_identity = line.credentials().device_identity;
        const Node node = message::to_stanza(std::move(stanza));

        ack = line.expect_ack(s.message.id);
        if (!ack) co_return s.stop(line.ended() ? SendOutcome::not_connected : SendOutcome::busy);
        auto write = s.message.commit(std::move(changes), s.result.plan);
        auto stored = co_await line.while_held(std::move(write));
        if (!stored) {
          line.forget_ack(s.message.id);
          s.result.error = stored.error();
          co_return s.stop(SendOutcome::commit_failed);
        }
        s.result.committed = true;
        line.send(node);
        co_return true;
      }
    }
    const bool answered = co_await ask_bundles(s, std::move(missing));
    if (!answered) co_return false;
  }
  co_return s.stop(SendOutcome::no_device);
}

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
  if (parsed->error) {
    const auto code = static_cast<int>(std::min<std::uint32_t>(*parsed->error, 9999));
    s.stop(outcome_of(code), code);
    co_return;
  }
  s.result.outcome = SendOutcome::accepted;
  s.result.server_time = static_cast<std::int64_t>(parsed->time.value_or(0));
  if (parsed->phash && lists_differ(s, *parsed->phash)) co_await drop_lists(s);
}

bool is_valid(const Outgoing& message) {
  return !message.id.empty() && message.id.size() <= kMaxId && message.to.is_user() && !message.to.is_hosted() &&
         !message.message.reveal().empty() && message.message.reveal().size() <= kMaxMessage && message.commit;
}

}  // namespace

asio::awaitable<SendResult> send_message(Connection& line, Outgoing message) {
  SendResult result;
  if (!is_valid(message)) {
    result.outcome = SendOutcome::invalid;
    co_return result;
  }
  bool committed = false;
  for (const bool refresh : {false, true}) {
    if (!line.connected()) break;
    Sending sending(line, message, refresh);
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
