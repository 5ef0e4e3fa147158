#include "presence.hpp"

#include <algorithm>

namespace linekeeper::sandbox {

namespace {

Node state_of(const Account& account, const Jid& asked_as) {
  Node presence("presence");
  presence.with("from", asked_as.bare());
  if (account.available()) return presence;
  presence.with("type", "unavailable");
  if (account.last_seen() == 0)
    presence.with("last", "deny");
  else
    presence.with("last", account.last_seen());
  return presence;
}

void subscribe(Core& core, Device& from, const Jid& whom) {
  Account* account = core.directory.find(whom);
  if (account == nullptr || from.line == nullptr) return;
  Line& line = *from.line;
  const bool known = std::any_of(account->watchers.begin(), account->watchers.end(),
                                 [&](const Watcher& w) { return w.line == &line && w.asked_as == whom; });
  if (!known) {
    account->watchers.push_back({&line, whom});
    line.watched.push_back(account);
  }
  core.tell(from, state_of(*account, whom));
}

void unsubscribe(Core& core, Device& from, const Jid& whom) {
  Account* account = core.directory.find(whom);
  if (account == nullptr || from.line == nullptr) return;
  std::erase_if(account->watchers, [&](const Watcher& w) { return w.line == from.line && w.asked_as == whom; });
}

}  // namespace

void announce_presence(Core& core, const Account& account) {
  for (const Watcher& watcher : account.watchers)
    if (watcher.line->device != nullptr) core.tell(*watcher.line->device, state_of(account, watcher.asked_as));
}

void on_presence(Core& core, Device& from, const Node& presence) {
  const std::string type = presence.attr("type").value_or("");
  const auto to = presence.jid("to");
  if (type == "subscribe" && to) return subscribe(core, from, *to);
  if (type == "unsubscribe" && to) return unsubscribe(core, from, *to);

  if (const auto name = presence.attr("name"); name && !name->empty()) {
    from.name = *name;
    from.account.push_name = *name;
  }
  if (type != "available" && type != "unavailable") return;
  const bool before = from.account.available();
  from.available = type == "available";
  from.last_seen = core.now();
  if (from.account.available() != before) announce_presence(core, from.account);
}

void on_chatstate(Core& core, Device& from, const Node& chatstate) {
  const auto to = chatstate.jid("to");
  const Node* state = chatstate.first_child();
  if (!to || state == nullptr) return;
  const auto tell = [&](const Account& account, const Node& out) {
    for (const auto& [id, companion] : account.companions)
      if (companion.get() != &from && companion->available) core.tell(*companion, out);
  };
  if (const Group* group = core.groups.find(*to); group != nullptr && group->member(from.account) != nullptr) {
    const Node out = Node("chatstate").with("from", *to).with("participant", from.account.lid).add(*state);
    for (const Member& member : group->members)
      if (member.account != &from.account) tell(*member.account, out);
    return;
  }
  const Account* account = core.directory.find(*to);
  if (account == nullptr) return;
  tell(*account, Node("chatstate").with("from", from.account.named_like(*to)).add(*state));
}

}  // namespace linekeeper::sandbox
