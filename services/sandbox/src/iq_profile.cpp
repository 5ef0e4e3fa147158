#include "iq.hpp"
#include "linekeeper/crypto/random.hpp"
#include "notices.hpp"

namespace linekeeper::sandbox {

Node iq_privacy_get(IqRequest& request) {
  Node privacy("privacy");
  for (const auto& [name, value] : request.account().privacy)
    privacy.add(Node("category").with("name", name).with("value", value));
  return request.result().add(std::move(privacy));
}

namespace {

/// The account trusts these people from now on: each gets a token to show, on all devices.
Node issue_tokens(IqRequest& request, const Node& wanted) {
  constexpr std::size_t kMost = 100;
  constexpr std::size_t kLength = 16;
  Core& core = request.core;
  Account& account = request.account();
  Node issued("tokens");
  for (const Node& entry : wanted.children()) {
    const auto jid = entry.jid("jid");
    if (entry.tag != "token" || !entry.attr_is("type", "trusted_contact") || !jid) return request.error(400);
    Account* contact = core.directory.find(*jid);
    if (contact == nullptr || contact == &account) continue;
    if (issued.children().size() >= kMost) return request.error(419);
    const Bytes& bytes = account.trusts[contact] = crypto::random_bytes(kLength);
    const auto token = [&] {
      return Node("token").with("type", "trusted_contact").with("t", core.now()).holding(Bytes(bytes));
    };
    core.deliver_all(*contact, notification(core, account.pn, "privacy_token")
                                   .with("sender_lid", account.lid)
                                   .add(Node("tokens").add(token().with("jid", contact->pn))));
    issued.add(token().with("jid", *jid));
  }
  return request.result().add(std::move(issued));
}

}  // namespace

Node iq_privacy_set(IqRequest& request) {
  if (const Node* tokens = request.child("tokens")) return issue_tokens(request, *tokens);
  const Node* privacy = request.child("privacy");
  const Node* category = privacy == nullptr ? nullptr : privacy->child("category");
  const auto name = category == nullptr ? std::nullopt : category->attr("name");
  const auto value = category == nullptr ? std::nullopt : category->attr("value");
  if (!name || !value) return request.error(400);
  const auto known = request.account().privacy.find(*name);
  if (known == request.account().privacy.end()) return request.error(400);
  known->second = *value;
  return request.result().add(Node("privacy").add(Node("category").with("name", *name).with("value", *value)));
}

namespace {

Node blocklist(const Account& account) {
  Node list("list");
  for (const Jid& jid : account.blocked)
    list.add(Node("item").with("jid", jid));
  return list;
}

}  // namespace

Node iq_blocklist_get(IqRequest& request) {
  return request.result().add(blocklist(request.account()));
}

Node iq_blocklist_set(IqRequest& request) {
  constexpr std::size_t kMost = 10'000;
  const Node* item = request.child("item");
  const auto jid = item == nullptr ? std::nullopt : item->jid("jid");
  if (!jid || !jid->is_user()) return request.error(400);
  auto& blocked = request.account().blocked;
  if (item->attr_is("action", "block")) {
    if (blocked.size() >= kMost) return request.error(419);
    blocked.insert(jid->bare());
  } else if (item->attr_is("action", "unblock")) {
    blocked.erase(jid->bare());
    // It may have been blocked under its other name.
    if (const Account* other = request.core.directory.find(*jid)) blocked.erase(other->other_name(*jid).bare());
  } else {
    return request.error(400);
  }
  return request.result().add(blocklist(request.account()));
}

Node iq_disappearing_get(IqRequest& request) {
  return request.result().add(Node("disappearing_mode")
                                  .with("duration", request.account().disappearing_seconds)
                                  .with("t", request.account().disappearing_since));
}

Node iq_disappearing_set(IqRequest& request) {
  const Node* mode = request.child("disappearing_mode");
  const auto duration = mode == nullptr ? std::nullopt : mode->number("duration");
  if (!duration) return request.error(400);
  request.account().disappearing_seconds = *duration;
  request.account().disappearing_since = request.core.now();
  return request.result();
}

/// Nobody here has a picture.
Node iq_picture_get(IqRequest& request) {
  return request.error(404);
}

Node iq_status_get(IqRequest& request) {
  Node status("status");
  const Node* asked = request.child("status");
  for (const Node& user : asked == nullptr ? request.iq.children() : asked->children()) {
    const auto jid = user.jid("jid");
    const Account* account = jid ? request.core.directory.find(*jid) : nullptr;
    if (account == nullptr) continue;
    status.add(Node("user").with("jid", *jid).with("t", account->about_since).holding(to_bytes(account->about)));
  }
  return request.result().add(std::move(status));
}

Node iq_status_set(IqRequest& request) {
  constexpr std::size_t kLongest = 1024;
  const Node* status = request.child("status");
  if (status == nullptr) return request.error(400);
  if (status->bytes().size() > kLongest) return request.error(406);
  Account& account = request.account();
  account.about = to_text(status->bytes());
  account.about_since = request.core.now();
  // As on the test servers that clients' suites were written against, everybody connected hears of it.
  const Node notice =
      notification(request.core, account.pn, "status").add(Node("set").holding(to_bytes(account.about)));
  for (auto& [id, line] : request.core.lines)
    if (line.device != nullptr && line.device != &request.device) request.core.deliver(*line.device, notice);
  return request.result();
}

}  // namespace linekeeper::sandbox
