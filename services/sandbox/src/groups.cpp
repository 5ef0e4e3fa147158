#include "groups.hpp"

#include <algorithm>

#include "linekeeper/crypto/random.hpp"

namespace linekeeper::sandbox {

const Member* Group::member(const Account& account) const noexcept {
  const auto at = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.account == &account; });
  return at == members.end() ? nullptr : &*at;
}

Member* Group::member(const Account& account) noexcept {
  return const_cast<Member*>(std::as_const(*this).member(account));
}

Group& Groups::create(Account& creator, std::string subject, std::int64_t now) {
  constexpr std::uint64_t kFirst = 120'363'000'000'000'000;  // as long as real ones, and as easily told apart
  groups_.push_back(std::make_unique<Group>(std::to_string(kFirst + groups_.size())));
  Group& group = *groups_.back();
  group.creator = group.subject_by = &creator;
  group.created = group.subject_since = now;
  group.subject = std::move(subject);
  group.members.push_back({&creator, Member::Rank::owner});
  renew_invite(group);
  by_id_.emplace(group.jid.user, &group);
  return group;
}

Group* Groups::find(const Jid& jid) noexcept {
  if (jid.server != Server::group) return nullptr;
  const auto at = by_id_.find(jid.user);
  return at == by_id_.end() ? nullptr : at->second;
}

Group* Groups::by_invite(std::string_view code) noexcept {
  const auto at = std::find_if(groups_.begin(), groups_.end(), [&](const auto& g) { return g->invite == code; });
  return at == groups_.end() ? nullptr : at->get();
}

void Groups::renew_invite(Group& group) {
  group.invite = to_base64url(crypto::random_bytes(15));
}

std::vector<const Group*> Groups::of(const Account& account) const {
  std::vector<const Group*> found;
  for (const auto& group : groups_)
    if (std::as_const(*group).member(account) != nullptr) found.push_back(group.get());
  return found;
}

}  // namespace linekeeper::sandbox
