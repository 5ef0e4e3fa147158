#include <ctime>

#include "connection.hpp"
#include "contact_trust.hpp"
#include "device_cache.hpp"
#include "device_keys.hpp"
#include "flows.hpp"
#include "lid_map.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/message/bundle.hpp"
#include "linekeeper/message/offline.hpp"
#include "linekeeper/message/prekeys.hpp"
#include "linekeeper/session/limited_fields.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "linekeeper/signal/workspace.hpp"
#include "session_era.hpp"
#include "stream_end.hpp"

namespace linekeeper::transport {
namespace asio = boost::asio;
namespace {

std::int64_t unix_now() {
  return static_cast<std::int64_t>(std::time(nullptr));
}

/// Both addresses of the user a notification is about.
LidMap people_of(Connection& line, const Node& notification, const Jid& user) {
  LidMap people(line.own());
  people.want(user);
  if (const auto lid = notification.jid("lid")) people.learn(user, lid->bare());
  return people;
}

/// Where device lists of this person may lie.
std::vector<std::string> list_fields(const LidMap& people, const Jid& user) {
  std::vector<std::string> fields{devices_field(user)};
  if (const auto other = people.other(user)) fields.push_back(devices_field(*other));
  return fields;
}

asio::awaitable<void> on_devices(Connection& line, const Node& notification, const Jid& user) {
  const auto notice = read_device_notice(notification);
  if (!notice) co_return;
  auto guard = co_await line.lock_state();
  if (!guard) co_return;
  LidMap people = people_of(line, notification, user);
  auto mapping = co_await line.fetch(people.fields());
  if (!mapping) co_return;
  people.load(*mapping);
  const auto fields = list_fields(people, user);
  auto found = co_await line.fetch(fields);
  if (!found) co_return;

  Changes changes = people.changes();
  for (const auto& [field, value] : *found) {
    const auto known = CachedDevices::read(value);
    const auto list = apply(*notice, known ? std::optional<CachedDevices>(*known) : std::nullopt, user, unix_now());
    changes.push_back({field, list ? std::optional<Bytes>(list->write()) : std::nullopt});
  }
  if (notice->kind == DeviceNotice::Kind::remove) {
    // A device that was removed and linked again is another one: nothing may be encrypted for the old keys.
    for (const auto id : notice->ids) {
      for (const auto& jid : {std::optional<Jid>(user), people.other(user)}) {
        if (!jid) continue;
        for (auto& field : signal::session_fields(signal::address_of(jid->with_device(id)))) {
          changes.push_back({std::move(field), std::nullopt});
        }
      }
    }
  }
  auto stored = co_await line.commit(std::move(changes));
  (void)stored;
}

asio::awaitable<void> on_own_devices(Connection& line, const Node& notification) {
  if (notification.child("devices") == nullptr) co_return;
  const auto list = read_own_devices(notification, unix_now());
  auto guard = co_await line.lock_state();
  if (!guard) co_return;
  Changes changes;
  changes.push_back({devices_field(line.own().pn), list ? std::optional<Bytes>(list->write()) : std::nullopt});
  auto stored = co_await line.commit(std::move(changes));
  (void)stored;
}

asio::awaitable<void> on_identity(Connection& line, const Node& notification, const Jid& user) {
  // Companions change theirs with every link; only the phone's says that the account started anew.
  if (user.device != 0) co_return;
  if (line.own().is_self(user)) {
    line.acknowledge(notification);
    co_await line.flushed();
    line.end(make_end(EndReason::logged_out, "primary_reinstalled"));
    co_return;
  }
  Jid device = user;
  std::optional<Jid> number;
  bool had_session = false;
  bool trusted = false;
  {
    auto guard = co_await line.lock_state();
    if (!guard) co_return;
    LidMap people = people_of(line, notification, user);
    auto mapping = co_await line.fetch(people.fields());
    if (!mapping) co_return;
    people.load(*mapping);
    device = people.canonical(user);
    const auto address = signal::address_of(device);
    std::vector<std::string> fields = list_fields(people, user);
    const auto session = signal::session_field(address);
    fields.push_back(session);
    const auto trust = trust_field(device);
    fields.push_back(trust);
    auto found = co_await line.fetch(fields);
    if (!found) co_return;
    had_session = found->contains(session);
    if (const auto it = found->find(trust); it != found->end()) {
      const auto kept = ContactTrust::read(it->second);
      trusted = kept && kept->issued_at != 0;
    }
    if (device.is_lid()) number = people.other(device.account());
    Changes changes = people.changes();
    for (const auto& [field, value] : *found) {
      if (field.starts_with("dev/")) changes.push_back({field, std::nullopt});
    }
    auto stored = co_await line.commit(std::move(changes));
    if (!stored) co_return;
  }
  // The old session stays for what is still under way.
  if (had_session) line.renew(device);
  // The account that started anew has lost our token with everything else.
  if (trusted) line.tasks().spawn(issue_trust(line, device.account(), number));
}

asio::awaitable<void> renew_session(Connection& line, Jid device) {
  const std::vector<Jid> devices{device};
  Node request = message::bundle_request(line.next_id(), devices, true);
  auto answer = co_await line.ask(std::move(request));
  if (!answer || line.ended()) co_return;
  const auto bundles = message::parse_bundles(*answer);
  if (!bundles || bundles->empty() || !bundles->front().bundle) co_return;

  auto guard = co_await line.lock_state();
  if (!guard) co_return;
  const auto address = signal::address_of(device);
  const auto fields = signal::session_fields(address);
  auto found = co_await line.fetch(fields);
  if (!found) co_return;
  signal::Workspace workspace({line.credentials().identity, line.credentials().registration_id});
  workspace.load(fields, *found);
  const message::Bundle& bundle = *bundles->front().bundle;
  if (!workspace.start_session(address, signal_bundle(bundle, bundle.device.registration_id))) co_return;
  SessionEra era(line.credentials().session_era);
  era.started(address);
  Changes changes = workspace.take_changes();
  for (auto& change : era.changes())
    changes.push_back(std::move(change));
  auto stored = co_await line.commit(std::move(changes));
  (void)stored;
}

}  // namespace

asio::awaitable<void> renew_sessions(Connection& line) {
  while (const auto device = line.to_renew()) {
    co_await renew_session(line, *device);
    line.renewed(*device);
  }
}

asio::awaitable<void> receive_notification(Connection& line, Node stanza) {
  const auto from = stanza.jid("from");
  const std::string type = stanza.attr("type").value_or("");
  if (from && type == "encrypt") {
    if (const auto left = message::low_prekeys(stanza)) {
      line.tasks().spawn(refill_prekeys(line, *left));
    } else if (message::asks_for_digest(stanza)) {
      line.tasks().spawn(check_digest(line));
    } else if (stanza.child("identity") != nullptr && from->is_user()) {
      co_await on_identity(line, stanza, *from);
    }
  } else if (from && type == "privacy_token") {
    co_await receive_trust(line, stanza);
  } else if (from && type == "devices" && from->is_user()) {
    co_await on_devices(line, stanza, *from);
  } else if (from && type == "account_sync" && line.own().is_self(*from)) {
    co_await on_own_devices(line, stanza);
  }
  line.acknowledge(stanza);
}

asio::awaitable<void> receive_ib(Connection& line, Node stanza) {
  OfflineProgress& offline = line.offline();
  if (const auto preview = message::offline_preview(stanza)) {
    if (offline.preview(preview->total, Clock::now())) {
      line.send(message::offline_batch(OfflineProgress::kBatch));
      line.host().syncing(offline.progress());
    }
  } else if (message::offline_end(stanza)) {
    if (offline.finished()) line.offline_over();
  } else if (const Node* dirty = stanza.child("dirty")) {
    // We keep nothing that these would have to bring up to date, so it is clean at once.
    const std::string what = dirty->attr("type").value_or("");
    if (what == "account_sync" || what == "groups") {
      Node clean("clean");
      clean.with("type", what).with_optional("timestamp", dirty->attr("timestamp"));
      line.send(message::iq_set(line.next_id(), "urn:xmpp:whatsapp:dirty").add(std::move(clean)));
    }
  } else if (const Node* routing = stanza.child("edge_routing")) {
    const Node* info = routing->child("routing_info");
    constexpr std::size_t kMostRouting = 4096;
    if (info == nullptr || info->bytes().empty() || info->bytes().size() > kMostRouting) co_return;
    auto guard = co_await line.lock_state();
    if (!guard) co_return;
    DeviceCredentials credentials = line.credentials();
    Bytes route = to_bytes(info->bytes());
    if (credentials.routing_info == route) co_return;
    credentials.routing_info = std::move(route);
    Changes changes;
    changes.push_back({std::string(kCredentialsField), serialize(credentials)});
    auto stored = co_await line.commit(std::move(changes));
    if (stored) line.set_credentials(std::move(credentials));
  } else if (stanza.child("downgrade_webclient") != nullptr) {
    line.host().phone_not_multidevice();
  } else if (const Node* expiration = stanza.child("client_expiration")) {
    line.host().version_expires(static_cast<std::int64_t>(expiration->number("t").value_or(0)));
  }
}

asio::awaitable<void> sweep(Connection& line) {
  auto guard = co_await line.lock_state();
  if (!guard) co_return;
  auto fields = limited_fields();
  auto found = co_await line.fetch(std::move(fields));
  if (!found) co_return;
  const auto keep = std::chrono::duration_cast<std::chrono::seconds>(line.settings().times.retry_copies).count();
  Changes changes = outlived(*found, unix_now() - keep);
  auto stored = co_await line.commit(std::move(changes));
  (void)stored;
}

}  // namespace linekeeper::transport
