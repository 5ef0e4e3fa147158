#include <algorithm>

#include "connection.hpp"
#include "device_keys.hpp"
#include "flows.hpp"
#include "lid_map.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/message/bundle.hpp"
#include "linekeeper/message/device_sent.hpp"
#include "linekeeper/message/outgoing.hpp"
#include "linekeeper/message/padding.hpp"
#include "linekeeper/message/retry.hpp"
#include "linekeeper/signal/workspace.hpp"
#include "reading.hpp"
#include "retry_copies.hpp"
#include "session_era.hpp"
#include "wire/message.pb.h"

namespace linekeeper::transport {
namespace asio = boost::asio;
namespace {

/// From this request on, a session that is still the same one is not trusted any more.
constexpr std::uint32_t kGiveUpSession = 3;

/// Everything about one request, decided on what was fetched.
struct Resending {
  enum class Step { done, nothing, need_bundle };
  Step step = Step::nothing;
  Node stanza;
  Changes changes;
};

/// Whether this device may have the message: it belongs to the person it was sent to, or to us.
bool is_addressee(const RetryCopy& copy, const Jid& device, const LidMap& people) {
  const Jid user = people.canonical(device.account());
  if (user == people.canonical(copy.chat.account())) return true;
  return std::any_of(copy.waiting.begin(), copy.waiting.end(),
                     [&](const RetryCopy::Device& d) { return people.canonical(d.jid.account()) == user; });
}

RetryCopy::Device& entry_of(RetryCopy& copy, const Jid& device, const LidMap& people) {
  for (auto& entry : copy.waiting) {
    if (people.canonical(entry.jid) == people.canonical(device)) return entry;
  }
  copy.waiting.push_back({device, 0});
  return copy.waiting.back();
}

/// Makes the session right; false if a bundle is needed first.
bool prepare_session(signal::Workspace& workspace, SessionEra& era, const signal::Address& address,
                     const message::RetryRequest& request, const std::optional<signal::PreKeyBundle>& fetched) {
  const auto start = [&](const signal::PreKeyBundle& bundle) {
    if (!workspace.start_session(address, bundle)) return false;
    era.started(address);
    return true;
  };
  if (request.keys) return start(signal_bundle(*request.keys, request.registration_id));
  const auto facts = workspace.session(address);
  if (facts && *facts && ((*facts)->registration_id != request.registration_id || request.count >= kGiveUpSession) &&
      !fetched) {
    if (!workspace.erase_session(address)) return false;
  }
  if (fetched) return start(*fetched);
  const auto now = workspace.session(address);
  return now && *now && era.covers(address);
}

Resending decide(Connection& line, const message::RetryRequest& request, const LidMap& people,
                 signal::Workspace& workspace, SessionEra& era, RetryBlock& block,
                 const std::optional<signal::PreKeyBundle>& fetched) {
  Resending out;
  const Jid& requester = request.requester();
  RetryCopy* copy = block.find(request.message_id);
  if (copy == nullptr || !is_addressee(*copy, requester, people)) return out;
  RetryCopy::Device& entry = entry_of(*copy, requester, people);
  if (entry.resends >= RetryBlock::kResends) return out;

  const auto address = signal::address_of(people.canonical(requester));
  if (!prepare_session(workspace, era, address, request, fetched)) {
    out.step = fetched || request.keys ? Resending::Step::nothing : Resending::Step::need_bundle;
    return out;
  }
  const bool own = line.own().is_self(requester);
  SecretBytes plain(own ? message::wrap_device_sent(copy->chat, copy->message.reveal()) : copy->message.reveal());
  message::pad(plain.reveal());
  auto sealed = workspace.encrypt(address, plain.reveal());
  if (!sealed) return out;
  ++entry.resends;

  message::Resend resend;
  resend.id = request.message_id;
  resend.to = request.from;
  resend.participant = request.participant;
  resend.recipient = request.recipient;
  resend.original_time = request.original_time.value_or(static_cast<std::uint64_t>(copy->sent_at));
  resend.count = request.count;
  wire::Message content;
  if (content.ParseFromArray(copy->message.reveal().data(), static_cast<int>(copy->message.reveal().size()))) {
    resend.presentation = presentation_of(content);
  }
  resend.copy.device = requester;
  resend.copy.starts_session = sealed->type == signal::CipherType::prekey_message;
  resend.copy.ciphertext = std::move(sealed->bytes);
  resend.device_identity = line.credentials().device_identity;

  out.changes = workspace.take_changes();
  for (auto& change : era.changes())
    out.changes.push_back(std::move(change));
  for (auto& change : people.changes())
    out.changes.push_back(std::move(change));
  out.changes.push_back({RetryBlock::field(request.message_id), block.write()});
  out.stanza = message::to_stanza(std::move(resend));
  out.step = Resending::Step::done;
  return out;
}

asio::awaitable<std::optional<signal::PreKeyBundle>> fetch_bundle(Connection& line, const Jid& device) {
  const std::vector<Jid> devices{device};
  Node query = message::bundle_request(line.next_id(), devices);
  auto answer = co_await line.ask(std::move(query));
  if (!answer) co_return std::nullopt;
  const auto bundles = message::parse_bundles(*answer);
  if (!bundles || bundles->empty() || !bundles->front().bundle) co_return std::nullopt;
  const message::Bundle& bundle = *bundles->front().bundle;
  co_return signal_bundle(bundle, bundle.device.registration_id);
}

}  // namespace

asio::awaitable<void> answer_retry(Connection& line, Node receipt) {
  auto parsed = message::parse_retry(receipt);
  if (!parsed || !parsed->requester().is_user()) {
    line.acknowledge(receipt);
    co_return;
  }
  const message::RetryRequest request = std::move(*parsed);
  std::optional<signal::PreKeyBundle> bundle;
  for (unsigned round = 0; round < 2; ++round) {
    Jid device;
    {
      auto guard = co_await line.lock_state();
      if (!guard) co_return;
      LidMap people(line.own());
      people.want(request.requester());
      std::vector<std::string> names = people.fields();
      const std::string field = RetryBlock::field(request.message_id);
      names.push_back(field);
      auto found = co_await line.fetch(names);
      if (!found) co_return;
      people.load(*found);
      RetryBlock block;
      if (const auto it = found->find(field); it != found->end()) {
        if (auto stored = RetryBlock::read(it->second)) block = std::move(*stored);
      }
      if (const RetryCopy* copy = block.find(request.message_id)) {
        // The chat may be known by the other address than the one the device speaks under.
        people.want(copy->chat);
        auto more = co_await line.fetch(people.fields());
        if (!more) co_return;
        people.load(*more);
      }
      device = people.canonical(request.requester());
      const auto fields = signal::session_fields(signal::address_of(device));
      SessionEra era(line.credentials().session_era);
      std::vector<std::string> wanted = fields;
      era.add_fields(signal::address_of(device), wanted);
      auto session = co_await line.fetch(std::move(wanted));
      if (!session) co_return;
      signal::Workspace workspace({line.credentials().identity, line.credentials().registration_id});
      workspace.load(fields, *session);
      era.load(*session);

      Resending resending = decide(line, request, people, workspace, era, block, bundle);
      if (resending.step == Resending::Step::done) {
        auto stored = co_await line.commit(std::move(resending.changes));
        if (!stored) co_return;
        line.acknowledge(receipt);
        line.send(resending.stanza);
        co_return;
      }
      if (resending.step == Resending::Step::nothing) break;
    }
    bundle = co_await fetch_bundle(line, device);
    if (!bundle || line.ended()) break;
  }
  line.acknowledge(receipt);
}

}  // namespace linekeeper::transport
