#include "group_notices.hpp"

#include "notices.hpp"

namespace linekeeper::sandbox {

namespace {

Node notice_of(Core& core, const Group& group, const Author& author, Node change) {
  Node notice = notification(core, group.jid, "w:gp2");
  notice.with("participant", author.account.lid).with("participant_pn", author.account.pn);
  notice.with("addressing_mode", "lid");
  if (const std::string& name = author.account.notify_name(author.device); !name.empty()) notice.with("notify", name);
  return notice.add(std::move(change));
}

/// `key` is what the creator called it, so that it knows its own group again.
Node creation(const Group& group, const std::string& key) {
  return Node("create").with("type", "new").with("key", key).add(group_node(group));
}

}  // namespace

Node member_node(const Member& member) {
  Node node("participant");
  node.with("jid", member.account->lid).with("phone_number", member.account->pn);
  if (member.rank == Member::Rank::owner) node.with("type", "superadmin");
  if (member.rank == Member::Rank::admin) node.with("type", "admin");
  return node;
}

Node group_node(const Group& group) {
  Node node("group");
  node.with("id", group.jid.user).with("subject", group.subject).with("s_t", group.subject_since);
  node.with("s_o", group.subject_by->lid).with("s_o_pn", group.subject_by->pn).with("creation", group.created);
  node.with("creator", group.creator->lid).with("creator_pn", group.creator->pn).with("addressing_mode", "lid");
  node.with("size", group.members.size()).with("p_v_id", group.created).with("a_v_id", group.created);
  for (const Member& member : group.members)
    node.add(member_node(member));
  if (!group.description_id.empty())
    node.add(Node("description")
                 .with("id", group.description_id)
                 .with("participant", group.description_by->lid)
                 .with("t", group.description_since)
                 .add(Node("body").holding(to_bytes(group.description))));
  if (group.locked) node.add(Node("locked"));
  if (group.announcement) node.add(Node("announcement"));
  if (group.disappearing_seconds != 0) node.add(Node("ephemeral").with("expiration", group.disappearing_seconds));
  return node;
}

void tell_group(Core& core, const Group& group, const Author& author, const Node& change,
                std::span<Account* const> others) {
  const bool created = change.tag == "create";
  const std::string key = change.attr("key").value_or(group.jid.user);
  const Node notice = notice_of(core, group, author, created ? creation(group, key) : change);
  for (const Member& member : group.members) {
    if (member.account != &author.account) {
      member.account->contacts.insert(&author.account);
      author.account.contacts.insert(member.account);
    }
    core.deliver_all(*member.account, notice);
  }
  for (Account* gone : others)
    core.deliver_all(*gone, notice);
}

void tell_newcomer(Core& core, const Group& group, const Author& author, Account& newcomer) {
  core.deliver_all(newcomer, notice_of(core, group, author, creation(group, group.jid.user)));
}

}  // namespace linekeeper::sandbox
