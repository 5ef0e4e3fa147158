#include "recipients.hpp"

#include <algorithm>

#include "linekeeper/session/state_fields.hpp"

namespace linekeeper::transport {

RecipientLists::RecipientLists(const message::OwnAddresses& own, const Jid& chat, std::int64_t now,
                               std::int64_t max_age)
    : own_(own), chat_(chat.account()), now_(now), max_age_(max_age) {}

std::vector<std::string> RecipientLists::fields(const LidMap& people) const {
  std::vector<std::string> out{devices_field(own_.pn)};
  if (own_.is_self(chat_)) return out;
  out.push_back(devices_field(chat_));
  if (const auto other = people.other(chat_)) out.push_back(devices_field(*other));
  return out;
}

void RecipientLists::load(const Fetched& found, const LidMap& people, bool refresh) {
  const auto read = [&](const Jid& user, std::optional<CachedDevices>& into) {
    const auto it = found.find(devices_field(user));
    if (it == found.end() || into) return;
    auto list = CachedDevices::read(it->second);
    if (list && !refresh && list->fresh(now_, max_age_)) into = std::move(*list);
  };
  read(own_.pn, ours_);
  if (own_.is_self(chat_)) return;
  read(people.canonical(chat_), theirs_);
  read(chat_, theirs_);
  if (const auto other = people.other(chat_)) read(*other, theirs_);
}

std::vector<Jid> RecipientLists::missing() const {
  std::vector<Jid> users;
  if (!theirs_ && !own_.is_self(chat_)) users.push_back(chat_);
  // Asked for by number: answers about one's own hidden id are not reliable.
  if (!ours_) users.push_back(own_.pn.account());
  return users;
}

void RecipientLists::answered(const message::UsyncAnswer& answer, LidMap& people) {
  for (const auto& user : answer.users) {
    const auto named = user.jid ? user.jid : user.pn ? user.pn : user.lid;
    if (!named) continue;
    const auto about = [&](const Jid& who) {
      return (user.jid && same_user(*user.jid, who)) || (user.pn && same_user(*user.pn, who)) ||
             (user.lid && same_user(*user.lid, who));
    };
    if (user.lid && named->is_pn()) people.learn(*named, *user.lid);
    if (user.pn && named->is_lid()) people.learn(*user.pn, *named);
    if (!user.devices || !*user.devices) continue;
    const auto list = CachedDevices::from(message::reachable_devices(named->account(), **user.devices), now_);
    if (list.ids.empty()) continue;
    if (own_.is_self(*named)) {
      ours_ = list;
      ours_new_ = true;
    } else if (const auto other = people.other(chat_);
               about(chat_) || about(people.canonical(chat_)) || (other && about(*other))) {
      theirs_ = list;
      theirs_new_ = true;
    }
  }
}

Recipients RecipientLists::result(const LidMap& people) const {
  Recipients out;
  out.to_self = own_.is_self(chat_);
  out.chat = people.canonical(chat_);
  if (out.chat.is_lid()) {
    if (const auto pn = people.other(out.chat)) out.chat_pn = *pn;
  }
  if (theirs_) out.theirs = theirs_->of(out.chat);
  const Jid own_user = out.chat.is_lid() && own_.lid ? own_.lid->bare() : own_.pn.bare();
  if (ours_) out.ours = ours_->of(own_user);
  std::erase_if(out.ours, [&](const Jid& device) { return device.device == own_.pn.device; });
  return out;
}

Changes RecipientLists::changes(const LidMap& people) const {
  Changes changes;
  if (ours_new_ && ours_) changes.push_back({devices_field(own_.pn), ours_->write()});
  if (theirs_new_ && theirs_) {
    const Jid user = people.canonical(chat_);
    changes.push_back({devices_field(user), theirs_->write()});
    // The list may lie under the number from before the hidden id was known.
    if (const auto other = people.other(user)) changes.push_back({devices_field(*other), std::nullopt});
  }
  return changes;
}

}  // namespace linekeeper::transport
