#include "notices.hpp"

#include <algorithm>
#include <array>

#include "linekeeper/crypto/hash.hpp"
#include "phone.hpp"

namespace linekeeper::sandbox {

namespace {

/// To everybody who has exchanged messages with the account.
void tell_contacts(Core& core, Account& account, const Node& notice) {
  for (Account* contact : account.contacts)
    core.deliver_all(*contact, notice);
}

Node devices_notice(Core& core, Account& account, Node change) {
  return notification(core, account.pn, "devices").with("lid", account.lid).add(std::move(change));
}

/// The complete list for the account's own companions.
void tell_own(Core& core, Account& account, const Device* except) {
  Node devices("devices");
  devices.with("dhash", device_hash(account, Server::pn));
  devices.add(Node("device").with("jid", account.pn));
  for (const auto& [id, companion] : account.companions)
    devices.add(Node("device").with("jid", account.pn.with_device(id)).with("key-index", companion->key_index));
  devices.add(key_index_node(core, account, true));
  const Node notice = notification(core, account.pn, "account_sync").add(std::move(devices));
  core.deliver_all(account, notice, except);
}

}  // namespace

Node notification(Core& core, const Jid& from, std::string_view type) {
  return Node("notification").with("from", from).with("type", type).with("id", core.next_id()).with("t", core.now());
}

std::string device_hash(const Account& account, Server space) {
  const Jid& name = space == Server::lid ? account.lid : account.pn;
  const std::string server(transport::server_name(name.server));
  std::vector<std::string> devices{name.user + ".0:0@" + server};
  for (const auto& [id, companion] : account.companions)
    devices.push_back(name.user + ".0:" + std::to_string(id) + "@" + server);
  std::sort(devices.begin(), devices.end());
  std::string joined;
  for (const std::string& device : devices)
    joined += device;
  const auto digest = crypto::sha256(as_bytes(joined));
  return "2:" + to_base64(ByteView(digest).first(6));
}

Node key_index_node(Core& core, Account& account, bool with_signature) {
  Node list("key-index-list");
  list.with("ts", core.now());
  if (with_signature) list.holding(account.phone->signed_key_index_list(core.now()));
  return list;
}

void announce_added_device(Core& core, const Device& added) {
  Account& account = added.account;
  tell_own(core, account, &added);
  Node change("add");
  change.with("device_hash", device_hash(account, Server::pn));
  change.add(Node("device")
                 .with("jid", account.pn.with_device(added.id))
                 .with("key-index", added.key_index)
                 .with("lid", account.lid.with_device(added.id)));
  change.add(key_index_node(core, account, true));
  tell_contacts(core, account, devices_notice(core, account, std::move(change)));
}

void announce_removed_device(Core& core, Account& account, std::uint16_t removed) {
  tell_own(core, account, nullptr);
  Node change("remove");
  change.with("device_hash", device_hash(account, Server::pn));
  change.add(Node("device").with("jid", account.pn.with_device(removed)).with("lid", account.lid.with_device(removed)));
  change.add(key_index_node(core, account, false));
  tell_contacts(core, account, devices_notice(core, account, std::move(change)));
}

bool remove_device(Core& core, Account& account, std::uint16_t id) {
  const auto at = account.companions.find(id);
  if (at == account.companions.end()) return false;
  if (Line* line = at->second->line) core.end(*line, conflict_error("device_removed"));
  account.phone->forget(id);
  account.companions.erase(at);
  announce_removed_device(core, account, id);
  return true;
}

void ask_for_keys(Core& core, Device& device) {
  core.deliver(
      device,
      notification(core, transport::server_jid(), "encrypt").add(Node("count").with("value", device.keys.left())));
}

}  // namespace linekeeper::sandbox
