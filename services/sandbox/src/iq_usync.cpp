#include "iq.hpp"
#include "notices.hpp"

namespace linekeeper::sandbox {

namespace {

/// One person asked about: by address, or by a number that stands in the contact protocol.
struct Asked {
  Account* account = nullptr;
  std::optional<std::string> number;  ///< Of the contact question, if it is one.
  std::optional<Jid> jid;             ///< As the client wrote it.
  std::string contact;                ///< As the client wrote it: it matches answers to questions by this text.
};

Asked who(const Core& core, const Node& user) {
  Asked asked;
  asked.jid = user.jid("jid");
  if (asked.jid) asked.account = core.directory.find(*asked.jid);
  if (const Node* contact = user.child("contact")) {
    asked.contact = contact->text();
    if (asked.account == nullptr) {
      const std::string bare = asked.contact.substr(0, asked.contact.find('@'));
      asked.number = normal_number(bare);
      if (asked.number) asked.account = core.directory.by_number(*asked.number);
    }
  }
  return asked;
}

Node devices(Core& core, Account& account) {
  Node list("device-list");
  list.with("hash", device_hash(account, Server::pn));
  list.add(Node("device").with("id", 0));
  for (const auto& [id, companion] : account.companions)
    list.add(Node("device").with("id", id).with("key-index", companion->key_index));
  Node devices("devices");
  devices.add(std::move(list));
  if (!account.companions.empty()) devices.add(key_index_node(core, account, true));
  return devices;
}

/// The answer to one protocol; an empty node where there is nothing to say.
Node answer(Core& core, const Asked& asked, const std::string& protocol) {
  if (protocol == "contact") {
    Node contact("contact");
    contact.with("type", asked.account != nullptr ? "in" : "out");
    return contact.holding(to_bytes(asked.contact));
  }
  if (asked.account == nullptr) return Node();
  Account& account = *asked.account;
  if (protocol == "devices") return devices(core, account);
  if (protocol == "lid") return Node("lid").with("val", account.lid);
  if (protocol == "status") {
    Node status("status");
    if (account.about_since != 0) status.with("t", account.about_since);
    return status.holding(to_bytes(account.about));
  }
  if (protocol == "disappearing_mode")
    return Node("disappearing_mode")
        .with("duration", account.disappearing_seconds)
        .with("t", account.disappearing_since);
  return Node();
}

}  // namespace

Node iq_usync(IqRequest& request) {
  const Node* usync = request.child("usync");
  const Node* query = usync == nullptr ? nullptr : usync->child("query");
  const Node* list = usync == nullptr ? nullptr : usync->child("list");
  if (query == nullptr || list == nullptr) return request.error(400);

  Node result("result");
  for (const Node& protocol : query->children())
    result.add(Node(protocol.tag));
  const Node* contact = query->child("contact");
  const bool by_hidden_id = contact != nullptr && contact->attr_is("addressing_mode", "lid");

  Node users("list");
  for (const Node& user : list->children()) {
    const Asked asked = who(request.core, user);
    Node out("user");
    if (asked.jid) {
      out.with("jid", *asked.jid);
    } else if (asked.account != nullptr) {
      out.with("jid", by_hidden_id ? asked.account->lid : asked.account->pn);
      if (by_hidden_id) out.with("pn_jid", asked.account->pn);
    } else if (asked.number) {
      out.with("jid", Jid{*asked.number, Server::pn});  // Some clients pass over answers without an address.
    }
    for (const Node& protocol : query->children())
      if (Node said = answer(request.core, asked, protocol.tag); !said.tag.empty()) out.add(std::move(said));
    users.add(std::move(out));
  }
  Node back("usync");
  for (const char* key : {"sid", "mode", "index", "last", "context"})
    back.with_optional(key, usync->attr(key));
  back.add(std::move(result)).add(std::move(users));
  return request.result().add(std::move(back));
}

}  // namespace linekeeper::sandbox
