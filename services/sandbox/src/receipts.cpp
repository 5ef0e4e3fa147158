#include "receipts.hpp"

#include "group_mail.hpp"
#include "phone.hpp"

namespace linekeeper::sandbox {

namespace {

/// What the receipt says, as seen by others. The type is the caller's.
Node forwarded(const Core& core, const Account& reader, std::uint16_t device, const Jid& to, const Node& receipt) {
  Node out("receipt");
  out.with("id", receipt.attr("id").value_or(""));
  out.with("from", reader.named_like(to, device));
  out.with("t", core.now());
  if (const Node* list = receipt.child("list")) out.add(*list);
  return out;
}

void to_phone(Core& core, Account& account, const Node& receipt) {
  account.phone->on_receipt(core, receipt);
}

/// Only the device that sent a message can encrypt it anew. Clients name it in `to`; where they name only the user, the
/// id tells.
void route_retry(Core& core, Device& from, const Jid& to, const Node& receipt) {
  ++from.counters.retries_asked;
  Account* author = core.directory.find(to);
  if (author == nullptr) return;
  std::uint16_t device = to.device;
  if (device == 0) {
    const auto sender = core.sent.find(receipt.attr("id").value_or(""));
    if (sender.account == author) device = sender.device;
  }
  Node out = forwarded(core, from.account, from.id, to, receipt);
  out.with("type", "retry");
  out.with_optional("recipient", receipt.jid("recipient"));
  for (const Node& child : receipt.children())
    if (child.tag != "list") out.add(child);
  if (device == 0) return author->phone->on_retry(core, from, out);
  if (Device* target = author->device(device)) core.deliver(*target, std::move(out));
}

}  // namespace

void route_receipt(Core& core, Device& from, const Node& receipt) {
  const auto id = receipt.attr("id");
  const auto to = receipt.jid("to");
  if (!id || !to) {
    ++core.counters.malformed;
    return;
  }
  const auto type = receipt.attr("type");
  from.counters.confirmed += from.queue.confirm("message", *id, to, std::nullopt);
  if (const Node* list = receipt.child("list"))
    for (const Node& item : list->children())
      if (const auto other = item.attr("id"))
        from.counters.confirmed += from.queue.confirm("message", *other, to, std::nullopt);

  // An absent type stays absent: an invented one ended streams on the real server.
  Node ack("ack");
  ack.with("class", "receipt").with("id", *id).with("from", *to).with_optional("type", type);
  ack.with_optional("participant", receipt.jid("participant"));
  if (from.line != nullptr) core.send(*from.line, ack);

  const std::string kind = type.value_or("");
  if (to->server == Server::group) return route_group_receipt(core, from, *to, receipt);
  if (kind == "retry") return route_retry(core, from, *to, receipt);
  if (kind == "peer_msg" || kind == "hist_sync" || kind == "server-error" || kind == "enc_rekey_retry")
    return to_phone(core, from.account, receipt);

  Node out = forwarded(core, from.account, from.id, *to, receipt);
  if (kind == "sender") {
    if (Device* author = from.account.device(to->device); author != nullptr && author != &from) {
      out.with("type", kind).with_optional("recipient", receipt.jid("recipient"));
      core.deliver(*author, std::move(out));
    }
    return;
  }
  if (kind == "read-self" || kind == "played-self") {
    out.with("type", kind).with("recipient", to->bare());
    return core.deliver_all(from.account, out, &from);
  }
  Account* author = core.directory.find(*to);
  if (author == nullptr) return;
  // `inactive` is delivered as far as others are concerned.
  if (kind != "inactive" && !kind.empty()) out.with("type", kind);
  core.deliver_all(*author, out, &from);
  to_phone(core, *author, out);
}

void send_phone_read(Core& core, Account& reader, const Jid& author, const std::vector<std::string>& ids) {
  Account* account = core.directory.find(author);
  if (account == nullptr || ids.empty()) return;
  Node out("receipt");
  out.with("id", ids.front()).with("from", reader.named_like(author)).with("type", "read").with("t", core.now());
  if (ids.size() > 1) {
    Node list("list");
    for (std::size_t i = 1; i < ids.size(); ++i)
      list.add(Node("item").with("id", ids[i]));
    out.add(std::move(list));
  }
  core.deliver_all(*account, out);
}

void on_ack(Device& from, const Node& ack) {
  const auto id = ack.attr("id");
  const auto about = ack.attr("class");
  if (!id || !about) return;
  if (ack.has("error")) ++from.counters.nacks;
  from.counters.confirmed += from.queue.confirm(*about, *id, ack.jid("to"), ack.attr("type"));
}

}  // namespace linekeeper::sandbox
