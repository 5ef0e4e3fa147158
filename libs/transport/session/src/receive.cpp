#include <ctime>

#include "connection.hpp"
#include "device_keys.hpp"
#include "flows.hpp"
#include "lid_map.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/message/ack.hpp"
#include "linekeeper/message/receipt.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "opening.hpp"
#include "prekey_range.hpp"
#include "reading.hpp"
#include "retry_asks.hpp"
#include "stream_end.hpp"
#include "wire/message.pb.h"

namespace linekeeper::transport {
namespace asio = boost::asio;
namespace {

using message::MessageKind;

/// A message under way: everything fetched for it, and what is to be written.
struct Incoming {
  Incoming(Connection& connection, const Node& node, message::Envelope e)
      : line(connection),
        stanza(node),
        envelope(std::move(e)),
        people(connection.own()),
        workspace({connection.credentials().identity, connection.credentials().registration_id}) {}

  Connection& line;
  const Node& stanza;
  message::Envelope envelope;
  LidMap people;
  signal::Workspace workspace;
  Jid sender;  ///< The form its session is kept under.
  std::string asks_field;
  RetryAsks asks;
};

bool is_status(const message::Envelope& envelope) {
  return envelope.chat == status_jid();
}

/// The stanza needs no receipt of its own: it was not for us to read.
void put_away(Connection& line, const Node& stanza, const message::Envelope& envelope) {
  if (envelope.kind == MessageKind::own_device) {
    // Only this receipt takes such a message out of the queue.
    if (const auto receipt = message::sender_receipt(stanza)) {
      line.remember_ack(stanza);
      return line.send(*receipt);
    }
  }
  line.acknowledge(stanza);
}

/// The stanza was handled and is durable.
void confirm(Connection& line, const Node& stanza, const message::Envelope& envelope, bool history) {
  switch (envelope.kind) {
    case MessageKind::own_device: return put_away(line, stanza, envelope);
    case MessageKind::peer:
      line.send(message::peer_receipt(envelope.id, line.own().pn.account()));
      if (history) line.send(message::history_receipt(envelope.id, line.own().pn.account()));
      return line.remember_ack(stanza);
    default: break;
  }
  const auto receipt = is_status(envelope) ? std::nullopt : message::delivery_receipt(stanza, false);
  if (!receipt) return line.acknowledge(stanza);
  line.send(*receipt);
  line.remember_ack(stanza);
}

/// Brings in everything that opening it can touch, in one round trip where the stanza names both addresses of its
/// sender.
asio::awaitable<bool> load(Incoming& in) {
  const message::Envelope& e = in.envelope;
  if (e.sender_alternative) in.people.learn(e.sender, *e.sender_alternative);
  if (e.chat_alternative) in.people.learn(e.chat, *e.chat_alternative);
  in.people.want(e.sender);
  in.people.want(e.chat);

  const auto told = in.people.other(e.sender);
  std::vector<std::string> names = fields_to_open(e, e.sender);
  if (told) {
    const auto more = fields_to_open(e, *told);
    names.insert(names.end(), more.begin(), more.end());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<std::string> all = names;
  const auto mapping = in.people.fields();
  all.insert(all.end(), mapping.begin(), mapping.end());
  in.asks_field = RetryAsks::field(e.sender, e.id);
  all.push_back(in.asks_field);

  auto found = co_await in.line.fetch(std::move(all));
  if (!found) co_return false;
  in.people.load(*found);
  in.workspace.load(names, *found);
  if (const auto it = found->find(in.asks_field); it != found->end()) {
    if (auto asks = RetryAsks::read(it->second)) in.asks = std::move(*asks);
  }

  const auto other = in.people.other(e.sender);
  if (other && !told) {
    std::vector<std::string> late = fields_to_open(e, *other);
    std::erase_if(late, [&in](const std::string& field) { return in.workspace.loaded(field); });
    auto more = co_await in.line.fetch(late);
    if (!more) co_return false;
    in.workspace.load(late, *more);
  }
  in.sender = in.people.canonical(e.sender);
  co_return true;
}

/// What was kept under the number belongs under the hidden id from now on.
bool move_to_hidden_id(Incoming& in) {
  if (!in.sender.is_lid()) return true;
  const auto pn = in.people.other(in.sender);
  if (!pn) return true;
  const auto from = signal::address_of(*pn);
  const auto to = signal::address_of(in.sender);
  if (!in.workspace.move_session(from, to)) return false;
  if (in.envelope.kind != MessageKind::group && in.envelope.kind != MessageKind::broadcast) return true;
  return in.workspace.move_sender_key(in.envelope.chat.str(), from, to).has_value();
}

Changes changes_of(Incoming& in) {
  Changes changes = in.workspace.take_changes();
  for (auto& change : in.people.changes())
    changes.push_back(std::move(change));
  return changes;
}

/// A fresh prekey for whoever has to start anew with us; never uploaded, so that it is used once.
asio::awaitable<std::optional<message::Bundle>> fresh_keys(Incoming& in, Changes& changes) {
  DeviceCredentials credentials = in.line.credentials();
  const std::uint32_t id = credentials.next_prekey_id;
  std::vector<std::string> names{signal::prekey_field(id), std::string(kPrekeysField)};
  auto found = co_await in.line.fetch(names);
  if (!found) co_return std::nullopt;
  if (!in.workspace.loaded(names.front())) {
    const auto it = found->find(names.front());
    in.workspace.load(names.front(), it == found->end() ? std::nullopt : std::optional<Bytes>(it->second));
  }
  const auto keys = signal::generate_prekeys(id, 1);
  if (!in.workspace.add_prekeys(keys)) co_return std::nullopt;
  credentials.next_prekey_id = signal::prekey_id_after(id, 1);
  if (PrekeyRange::unconfirmed(*found, id).count == 0) {
    changes.push_back({std::string(kPrekeysField), PrekeyRange::write_confirmed(credentials.next_prekey_id)});
  }
  changes.push_back({std::string(kCredentialsField), serialize(credentials)});
  in.line.set_credentials(credentials);

  message::Bundle bundle;
  bundle.device = own_device_keys(credentials);
  bundle.prekey = message::PublicPreKey{id, keys.front().keys.pub};
  bundle.device_identity = credentials.device_identity;
  co_return bundle;
}

/// Asks the sender to encrypt it again, or gives it up after the last time.
asio::awaitable<void> ask_again(Incoming& in, const Opening& opening) {
  Connection& line = in.line;
  const auto now = static_cast<std::int64_t>(std::time(nullptr));
  const unsigned count = in.asks.ask(in.envelope.sender, in.envelope.id, opening.retry, now);
  Changes changes;
  if (count > RetryAsks::kMost) {
    in.asks.settled(in.envelope.sender, in.envelope.id);
    changes = changes_of(in);
    changes.push_back({in.asks_field, in.asks.write()});
    Inbound stub = unreadable(in.envelope, in.people);
    auto stored = co_await line.commit_inbound(std::move(stub), std::move(changes));
    if (stored) line.acknowledge(in.stanza);
    co_return;
  }
  message::RetryAsk ask;
  ask.count = count;
  ask.registration_id = line.credentials().registration_id;
  ask.reason = opening.reason;
  if (count >= 2 || opening.wants_keys) {
    ask.keys = co_await fresh_keys(in, changes);
    if (line.ended()) co_return;
  }
  for (auto& change : changes_of(in))
    changes.push_back(std::move(change));
  changes.push_back({in.asks_field, in.asks.write()});
  auto stored = co_await line.commit(std::move(changes));
  if (!stored) co_return;
  // The ack empties the queue, the receipt brings the message again: one alone does not do. They leave in one piece;
  // an ack behind the receipt could take what was resent meanwhile out of the queue.
  line.acknowledge(in.stanza);
  if (const auto receipt = message::retry_receipt(in.stanza, ask)) line.send(*receipt);
}

}  // namespace

asio::awaitable<void> receive_message(Connection& line, Node stanza) {
  auto parsed = message::parse_envelope(stanza, line.own());
  if (!parsed) {
    line.acknowledge(stanza);
    co_return;
  }
  if (parsed->kind == MessageKind::newsletter || parsed->unavailable || parsed->sealed.empty()) {
    put_away(line, stanza, *parsed);
    co_return;
  }
  auto guard = co_await line.lock_state();
  if (!guard) co_return;
  Incoming in(line, stanza, std::move(*parsed));
  const bool loaded = co_await load(in);
  if (!loaded) co_return;

  Opening opening;
  if (move_to_hidden_id(in)) {
    opening = open_message(in.workspace, in.envelope, in.sender);
  } else {
    opening.broken_record = make_error_code(Errc::malformed_value);
  }
  if (opening.broken_record) {
    LineEnd why = make_end(EndReason::store_failed, "corrupt_record");
    why.cause = opening.broken_record;
    line.end(std::move(why));
    co_return;
  }

  if (opening.verdict == Opening::Verdict::duplicate && in.envelope.kind != MessageKind::own_device &&
      in.envelope.kind != MessageKind::peer && !is_status(in.envelope)) {
    // Clients whose sends and receipts of one session overlap seal two messages with one key now and then. The second
    // was never read here, and only its sender can tell what was in it.
    InboundMessage asked = unreadable(in.envelope, in.people);
    const auto known = co_await line.knows_inbound(std::move(asked));
    if (!known) co_return;
    if (!*known) {
      opening.verdict = Opening::Verdict::failed;
      opening.reason = message::RetryReason::invalid_message_key;
    }
  }

  if (opening.verdict == Opening::Verdict::failed) {
    const bool hopeless = in.envelope.kind == MessageKind::own_device || is_status(in.envelope);
    if (!hopeless) {
      co_await ask_again(in, opening);
      co_return;
    }
    auto stored = co_await line.commit(changes_of(in));
    if (stored) put_away(line, stanza, in.envelope);
    co_return;
  }

  Reading reading;
  if (opening.message) reading = read_message(*opening.message, opening.raw.reveal(), in.envelope, in.people);
  Changes changes = changes_of(in);
  for (auto& change : reading.changes)
    changes.push_back(std::move(change));
  if (in.asks.settled(in.envelope.sender, in.envelope.id)) changes.push_back({in.asks_field, in.asks.write()});

  if (reading.event) {
    reading.event->recovered = opening.resent;
    Inbound event = std::move(*reading.event);
    auto stored = co_await line.commit_inbound(std::move(event), std::move(changes));
    if (!stored) co_return;
  } else {
    auto stored = co_await line.commit(std::move(changes));
    if (!stored) co_return;
  }
  if (opening.verdict == Opening::Verdict::nothing && in.envelope.kind != MessageKind::own_device &&
      in.envelope.kind != MessageKind::peer) {
    line.acknowledge(stanza);
    co_return;
  }
  confirm(line, stanza, in.envelope, reading.history);
}

}  // namespace linekeeper::transport
