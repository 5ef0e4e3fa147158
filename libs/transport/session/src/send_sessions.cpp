// A copy of a message for each device: sessions, ciphertexts, the write that makes them durable, the stanza.

#include <algorithm>
#include <ctime>

#include "device_keys.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/message/bundle.hpp"
#include "linekeeper/message/device_sent.hpp"
#include "linekeeper/message/outgoing.hpp"
#include "linekeeper/message/padding.hpp"
#include "reading.hpp"
#include "retry_copies.hpp"
#include "sending.hpp"
#include "wire/message.pb.h"

namespace linekeeper::transport {
namespace asio = boost::asio;
namespace {

std::int64_t unix_now() {
  return static_cast<std::int64_t>(std::time(nullptr));
}

/// Sessions are looked at, bundles asked for, sessions looked at again; more rounds would mean that devices change
/// faster than we ask.
constexpr unsigned kSessionRounds = 3;

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
  Node query = message::bundle_request(s.line.next_id(), devices, s.fresh_sessions());
  auto answer = co_await s.line.ask(std::move(query));
  if (!answer) co_return s.stop_on(answer);
  if (!is_result(*answer)) {
    if (const auto error = message::error_in(*answer); !error || error->code != 406) co_return s.stop_on(answer);
    s.stale = true;
    for (const Jid& device : devices) {
      if (devices.size() == 1) break;
      const std::vector<Jid> one{device};
      Node single = message::bundle_request(s.line.next_id(), one, s.fresh_sessions());
      auto alone = co_await s.line.ask(std::move(single));
      if (!alone) co_return s.stop_on(alone);
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

/// Whether this device's session may be sent in as it is.
bool usable(const Sending& s, const signal::Workspace& workspace, const Place& place) {
  const auto session = workspace.session(place.address);
  return session && *session && s.era.covers(place.address);
}

/// Devices to ask bundles for. Starts the sessions whose bundles are there.
std::vector<Jid> prepare_sessions(Sending& s, signal::Workspace& workspace, const std::vector<Place>& places) {
  std::vector<Jid> missing;
  for (const Place& place : places) {
    if (place.older && !workspace.move_session(*place.older, place.address)) continue;
    const bool as_it_is = !s.fresh_sessions() && usable(s, workspace, place);
    if (as_it_is) continue;
    const auto bundle = s.bundles.find(place.device);
    // Refused if its signature does not hold: the device is left out then.
    if (bundle != s.bundles.end() && workspace.start_session(place.address, bundle->second)) {
      s.era.started(place.address);
      continue;
    }
    if (!s.asked.contains(place.device)) missing.push_back(place.device);
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
    if (!usable(s, workspace, places[i])) continue;
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

/// The plaintext, kept for devices that cannot decrypt their copy.
void keep_for_retries(Sending& s, RetryBlock& block, const std::vector<message::SealedCopy>& copies) {
  RetryCopy* known = s.rest ? block.find(s.message.id) : nullptr;
  RetryCopy fresh;
  RetryCopy& kept = known != nullptr ? *known : fresh;
  for (const auto& copy : copies)
    kept.waiting.push_back({copy.device, 0});
  if (known != nullptr) return;
  kept.id = s.message.id;
  kept.chat = s.to.chat;
  kept.sent_at = unix_now();
  kept.message = s.message.message;
  block.put(std::move(fresh));
}

Node stanza_of(Sending& s, std::vector<message::SealedCopy> copies) {
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
  stanza.device_identity = s.line.credentials().device_identity;
  stanza.only_these = s.rest;
  if (!s.to.to_self && s.trust.usable(unix_now())) stanza.tctoken = s.trust.token;
  return message::to_stanza(std::move(stanza));
}

asio::awaitable<bool> commit_and_write(Sending& s, Changes changes, Node stanza, std::shared_ptr<Answer>& ack) {
  Connection& line = s.line;
  if (s.rest) {
    auto stored = co_await line.commit(std::move(changes));
    if (!stored) co_return s.stop(SendOutcome::commit_failed);
    line.send(stanza);
    co_return true;
  }
  ack = line.expect_ack(s.message.id);
  if (!ack) co_return s.stop(line.ended() ? SendOutcome::not_connected : SendOutcome::busy);
  auto stored = co_await line.commit_send(s.message.commit, std::move(changes), s.result.plan);
  if (!stored) {
    line.forget_ack(s.message.id);
    s.result.error = stored.error();
    co_return s.stop(SendOutcome::commit_failed);
  }
  s.result.committed = true;
  line.send(stanza);
  co_return true;
}

}  // namespace

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
      for (const Place& place : places)
        s.era.add_fields(place.address, all);
      auto found = co_await line.fetch(std::move(all));
      if (!found) co_return s.stop(SendOutcome::not_connected);
      signal::Workspace workspace({line.credentials().identity, line.credentials().registration_id});
      workspace.load(names, *found);
      s.era.load(*found);
      missing = prepare_sessions(s, workspace, places);
      if (missing.empty() || round + 1 == kSessionRounds) {
        s.result.plan = {s.to.chat, 0};
        auto copies = encrypt_all(s, workspace, places);
        const bool reaches_somebody = s.result.plan.devices != 0 || s.to.to_self || s.rest;
        if (copies.empty() || !reaches_somebody) co_return s.stop(SendOutcome::no_device);

        RetryBlock block;
        if (const auto it = found->find(retry_field); it != found->end()) {
          if (auto stored = RetryBlock::read(it->second)) block = std::move(*stored);
        }
        keep_for_retries(s, block, copies);
        Changes changes = workspace.take_changes();
        for (auto& change : s.era.changes())
          changes.push_back(std::move(change));
        for (auto& change : s.learned)
          changes.push_back(std::move(change));
        changes.push_back({retry_field, block.write()});
        Node stanza = stanza_of(s, std::move(copies));
        const bool written = co_await commit_and_write(s, std::move(changes), std::move(stanza), ack);
        co_return written;
      }
    }
    const bool answered = co_await ask_bundles(s, std::move(missing));
    if (!answered) co_return false;
  }
  co_return s.stop(SendOutcome::no_device);
}

}  // namespace linekeeper::transport
