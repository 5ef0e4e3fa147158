#include <algorithm>
#include <array>

#include "group_notices.hpp"
#include "iq.hpp"
#include "router.hpp"

namespace linekeeper::sandbox {

namespace {

constexpr std::size_t kLongestSubject = 100;
constexpr std::size_t kLongestDescription = 2048;
constexpr std::size_t kMostMembers = 1024;

Author author(IqRequest& request) {
  return {request.account(), &request.device};
}

/// Nobody, and somebody who cannot be what was asked for.
Node failed_member(const Jid& jid, unsigned code) {
  return Node("participant").with("jid", jid).with("error", code);
}

Node create(IqRequest& request, const Node& wanted) {
  const std::string subject = wanted.attr("subject").value_or("");
  if (subject.size() > kLongestSubject) return request.error(406);
  if (wanted.child("parent") != nullptr || wanted.child("linked_parent") != nullptr) return request.error(501);
  if (wanted.children().size() > kMostMembers) return request.error(419);
  Group& group = request.core.groups.create(request.account(), subject, request.core.now());
  group.locked = wanted.child("locked") != nullptr;
  group.announcement = wanted.child("announcement") != nullptr;
  std::vector<Node> failed;
  for (const Node& person : wanted.children()) {
    const auto jid = person.jid("jid");
    if (person.tag != "participant" || !jid) continue;
    Account* account = request.core.directory.find(*jid);
    if (account == nullptr)
      failed.push_back(failed_member(*jid, 404));
    else if (group.member(*account) == nullptr)
      group.members.push_back({account, Member::Rank::member});
  }
  Node created("create");
  created.with_optional("key", wanted.attr("key"));
  tell_group(request.core, group, author(request), created);
  return request.result().add(group_node(group).add_all(std::move(failed)));
}

enum class Done : std::uint16_t { yes = 200, forbidden = 403, unknown = 404, already = 409 };

/// One person of an `add`, `remove`, `promote` or `demote`.
Done change_member(Group& group, const std::string& what, Account* account) {
  if (account == nullptr) return Done::unknown;
  Member* member = group.member(*account);
  if (what == "add") {
    if (member != nullptr) return Done::already;
    if (group.members.size() >= kMostMembers) return Done::forbidden;
    group.members.push_back({account, Member::Rank::member});
    return Done::yes;
  }
  if (member == nullptr) return Done::unknown;
  if (what != "promote" && member->rank == Member::Rank::owner) return Done::forbidden;
  if (what == "promote") member->rank = std::max(member->rank, Member::Rank::admin);
  if (what == "demote") member->rank = Member::Rank::member;
  if (what == "remove") std::erase_if(group.members, [&](const Member& m) { return m.account == account; });
  return Done::yes;
}

Node change_members(IqRequest& request, Group& group, const Node& wanted) {
  Node answer(wanted.tag);
  Node change(wanted.tag);
  std::vector<Account*> changed;
  for (const Node& person : wanted.children()) {
    const auto jid = person.jid("jid");
    if (person.tag != "participant" || !jid) return request.error(400);
    Account* account = request.core.directory.find(*jid);
    const Done done = change_member(group, wanted.tag, account);
    if (done != Done::yes) {
      answer.add(failed_member(*jid, static_cast<unsigned>(done)));
      continue;
    }
    Node who = Node("participant").with("jid", account->lid).with("phone_number", account->pn);
    change.add(who);
    answer.add(std::move(who).with("type", "200"));
    changed.push_back(account);
  }
  if (!changed.empty()) {
    const bool gone = wanted.tag == "remove";
    tell_group(request.core, group, author(request), change, gone ? std::span(changed) : std::span<Account*>());
    if (wanted.tag == "add")
      for (Account* account : changed)
        tell_newcomer(request.core, group, author(request), *account);
  }
  return request.result().add(std::move(answer));
}

Node change_subject(IqRequest& request, Group& group, const Node& wanted) {
  const std::string subject(wanted.text());
  if (subject.empty() || subject.size() > kLongestSubject) return request.error(406);
  group.subject = subject;
  group.subject_by = &request.account();
  group.subject_since = request.core.now();
  Node change("subject");
  change.with("subject", subject).with("s_t", group.subject_since);
  change.with("s_o", request.account().lid).with("s_o_pn", request.account().pn);
  tell_group(request.core, group, author(request), change);
  return request.result();
}

Node change_description(IqRequest& request, Group& group, const Node& wanted) {
  if (const auto before = wanted.attr("prev"); before && *before != group.description_id) return request.error(409);
  const Node* body = wanted.child("body");
  const bool removed = wanted.attr_is("delete", "true") || body == nullptr;
  if (!removed && body->text().size() > kLongestDescription) return request.error(406);
  const std::string id = wanted.attr("id").value_or(request.core.next_id());
  group.description = removed ? std::string() : std::string(body->text());
  group.description_id = removed ? std::string() : id;
  group.description_by = &request.account();
  group.description_since = request.core.now();
  Node change("description");
  change.with("id", id);
  change.add(removed ? Node("delete") : Node("body").holding(to_bytes(group.description)));
  tell_group(request.core, group, author(request), change);
  return request.result();
}

/// Switches and numbers. False if there is no such setting.
bool change_setting(Group& group, const Node& wanted, Node& change, std::int64_t now) {
  change = Node(wanted.tag);
  if (wanted.tag == "locked" || wanted.tag == "unlocked") {
    group.locked = wanted.tag == "locked";
  } else if (wanted.tag == "announcement" || wanted.tag == "not_announcement") {
    group.announcement = wanted.tag == "announcement";
    change.with("v_id", now);
  } else if (wanted.tag == "ephemeral") {
    group.disappearing_seconds = wanted.number("expiration").value_or(0);
    change.with("expiration", group.disappearing_seconds);
  } else if (wanted.tag == "not_ephemeral") {
    group.disappearing_seconds = 0;
  } else {
    return false;
  }
  return true;
}

Node invite_of(const Group& group) {
  return Node("invite").with("code", group.invite);
}

Node change_group(IqRequest& request, Group& group, const Node& wanted) {
  const Member* self = group.member(request.account());
  if (self == nullptr) return request.error(403);
  const std::string& what = wanted.tag;
  if (what == "subject" || what == "description") {
    if (group.locked && !self->may_change()) return request.error(403);
    return what == "subject" ? change_subject(request, group, wanted) : change_description(request, group, wanted);
  }
  if (!self->may_change()) return request.error(403);
  if (what == "add" || what == "remove" || what == "promote" || what == "demote")
    return change_members(request, group, wanted);
  if (what == "invite") {
    request.core.groups.renew_invite(group);
    return request.result().add(invite_of(group));
  }
  Node change;
  if (!change_setting(group, wanted, change, request.core.now())) return request.error(501);
  tell_group(request.core, group, author(request), change);
  return request.result();
}

Node leave(IqRequest& request, const Node& wanted) {
  Node left("leave");
  for (const Node& which : wanted.children()) {
    const auto jid = which.jid("id");
    Group* group = jid ? request.core.groups.find(*jid) : nullptr;
    if (group == nullptr || group->member(request.account()) == nullptr) return request.error(404);
    // To others it looks like a removal by oneself.
    const Node change = Node("remove").add(
        Node("participant").with("jid", request.account().lid).with("phone_number", request.account().pn));
    std::erase_if(group->members, [&](const Member& m) { return m.account == &request.account(); });
    tell_group(request.core, *group, author(request), change, std::array{&request.account()});
    left.add(Node("group").with("id", group->jid));
  }
  return request.result().add(std::move(left));
}

Node join(IqRequest& request, Group& group) {
  if (group.member(request.account()) == nullptr) {
    if (group.members.size() >= kMostMembers) return request.error(419);
    group.members.push_back({&request.account(), Member::Rank::member});
    const Node change =
        Node("add")
            .with("reason", "invite")
            .add(Node("participant").with("jid", request.account().lid).with("phone_number", request.account().pn));
    tell_group(request.core, group, author(request), change);
  }
  return request.result().add(Node("group").with("jid", group.jid));
}

}  // namespace

Node iq_groups_get(IqRequest& request) {
  const Jid to = request.iq.jid("to").value_or(Jid{});
  const Node* wanted = request.iq.first_child();
  if (wanted == nullptr) return request.error(400);
  if (to.is_server()) {
    if (wanted->tag == "participating") {
      Node all("groups");
      for (const Group* group : request.core.groups.of(request.account()))
        all.add(group_node(*group));
      return request.result().add(std::move(all));
    }
    const Group* group = request.core.groups.by_invite(wanted->attr("code").value_or(""));
    if (wanted->tag != "invite") return request.error(501);
    return group == nullptr ? request.error(404) : request.result().add(group_node(*group));
  }
  const Group* group = request.core.groups.find(to);
  if (group == nullptr) return request.error(404);
  const Member* self = group->member(request.account());
  if (self == nullptr) return request.error(403);
  if (wanted->tag == "query") return request.result().add(group_node(*group));
  if (wanted->tag == "invite") return self->may_change() ? request.result().add(invite_of(*group)) : request.error(403);
  if (wanted->tag == "membership_approval_requests") return request.result().add(Node(wanted->tag));
  return request.error(501);
}

Node iq_groups_set(IqRequest& request) {
  const Jid to = request.iq.jid("to").value_or(Jid{});
  const Node* wanted = request.iq.first_child();
  if (wanted == nullptr) return request.error(400);
  if (!to.is_server()) {
    Group* group = request.core.groups.find(to);
    return group == nullptr ? request.error(404) : change_group(request, *group, *wanted);
  }
  if (wanted->tag == "create") return create(request, *wanted);
  if (wanted->tag == "leave") return leave(request, *wanted);
  if (wanted->tag != "invite") return request.error(501);
  Group* group = request.core.groups.by_invite(wanted->attr("code").value_or(""));
  return group == nullptr ? request.error(404) : join(request, *group);
}

}  // namespace linekeeper::sandbox
