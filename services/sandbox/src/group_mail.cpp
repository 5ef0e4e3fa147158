#include "group_mail.hpp"

#include "phone.hpp"

namespace linekeeper::sandbox {

namespace {

constexpr unsigned kNotAMember = 403;
constexpr unsigned kUnknownGroup = 404;
constexpr unsigned kMalformed = 479;

Node copy_for_member(const Core& core, const Author& from, const Group& group, const Node& stanza,
                     std::span<const Node> payload) {
  Node copy("message");
  copy.with("from", group.jid).with("participant", from.account.lid.with_device(from.id()));
  copy.with("participant_pn", from.account.pn).with("addressing_mode", "lid");
  fill_copy(core, copy, from, stanza, payload);
  return copy;
}

/// Every device of the group but the author's: `visit(account, device)`.
template <typename Visit>
void for_each_device(const Group& group, const Author& but, Visit visit) {
  for (const Member& member : group.members) {
    const bool own = member.account == &but.account;
    if (!own || but.id() != 0) visit(*member.account, std::uint16_t{0});
    for (const auto& [id, companion] : member.account->companions)
      if (!own || id != but.id()) visit(*member.account, id);
  }
}

}  // namespace

unsigned route_group_message(Core& core, const Author& from, const Node& stanza, const Jid& chat) {
  Group* group = core.groups.find(chat);
  if (group == nullptr) return kUnknownGroup;
  const Member* author = group->member(from.account);
  if (author == nullptr || !group->accepts_from(*author)) return kNotAMember;

  const auto hand = [&](Account& account, std::uint16_t device, std::span<const Node> payload) {
    const bool there = group->member(account) != nullptr &&
                       hand_over(core, account, device, copy_for_member(core, from, *group, stanza, payload), from);
    if (!there && from.device != nullptr) ++from.device->counters.messages_to_nobody;
  };
  if (const auto one = stanza.jid("participant")) {
    Account* account = core.directory.find(*one);
    if (account != nullptr) hand(*account, one->device, stanza.children());
    return 0;
  }

  std::map<std::pair<const Account*, std::uint16_t>, std::vector<Node>> alone;
  std::vector<Node> shared;
  for (const Node& child : stanza.children())
    if (child.tag == "enc") shared.push_back(child);
  if (const Node* participants = stanza.child("participants"))
    for (const Node& to : participants->children()) {
      const auto jid = to.jid("jid");
      const Account* account = jid ? core.directory.find(*jid) : nullptr;
      if (account == nullptr) continue;
      auto& payload = alone[{account, jid->device}];
      payload.insert(payload.end(), to.children().begin(), to.children().end());
    }
  if (shared.empty() && alone.empty()) return kMalformed;
  for_each_device(*group, from, [&](Account& account, std::uint16_t device) {
    // What carries the key comes before what is sealed with it.
    std::vector<Node> payload = std::move(alone[{&account, device}]);
    payload.insert(payload.end(), shared.begin(), shared.end());
    if (!payload.empty()) hand(account, device, payload);
  });
  return 0;
}

void route_group_receipt(Core& core, Device& from, const Jid& chat, const Node& receipt) {
  const Group* group = core.groups.find(chat);
  const auto author_jid = receipt.jid("participant");
  Account* author = group != nullptr && author_jid ? core.directory.find(*author_jid) : nullptr;
  if (author == nullptr) return;
  const std::string kind = receipt.attr("type").value_or("");
  Node out("receipt");
  out.with("id", receipt.attr("id").value_or("")).with("from", chat).with("t", core.now());

  if (kind == "read-self" || kind == "played-self") {
    out.with("participant", *author_jid).with("type", kind);
    if (const Node* list = receipt.child("list")) out.add(*list);
    return core.deliver_all(from.account, out, &from);
  }
  out.with("participant", from.account.named_like(*author_jid, from.id));
  out.with(author_jid->is_lid() ? "participant_pn" : "participant_lid", from.account.other_name(*author_jid).bare());
  if (kind == "retry") {
    ++from.counters.retries_asked;
    out.with("type", kind);
    for (const Node& child : receipt.children())
      out.add(child);
    if (Device* device = author->device(author_jid->device)) core.deliver(*device, std::move(out));
    return;
  }
  if (author == &from.account) return;  // its own copy: the others have theirs
  if (kind != "inactive" && !kind.empty()) out.with("type", kind);
  if (const Node* list = receipt.child("list")) out.add(*list);
  core.deliver_all(*author, out);
}

}  // namespace linekeeper::sandbox
