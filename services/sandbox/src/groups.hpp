#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "account.hpp"

namespace linekeeper::sandbox {

struct Member {
  enum class Rank : std::uint8_t { member, admin, owner };

  Account* account = nullptr;
  Rank rank = Rank::member;
  bool may_change() const noexcept { return rank != Rank::member; }
};

/// A chat of many. Its members are addressed by their hidden ids.
struct Group {
  explicit Group(std::string id) : jid{std::move(id), Server::group} {}

  /// Null if this account is not in it.
  Member* member(const Account& account) noexcept;
  const Member* member(const Account& account) const noexcept;
  /// Ordinary members cannot write into it.
  bool accepts_from(const Member& author) const noexcept { return !announcement || author.may_change(); }

  const Jid jid;
  std::vector<Member> members;  ///< In order of joining.
  const Account* creator = nullptr;
  std::int64_t created = 0;
  std::string subject;
  const Account* subject_by = nullptr;
  std::int64_t subject_since = 0;
  std::string description;
  std::string description_id;  ///< The client's; empty while there is no description.
  const Account* description_by = nullptr;
  std::int64_t description_since = 0;
  bool locked = false;        ///< Only admins change name and description.
  bool announcement = false;  ///< Only admins write.
  std::uint64_t disappearing_seconds = 0;
  std::string invite;  ///< Whoever knows it may join.
};

/// All groups. They are never deleted, so references to them stay good.
class Groups {
 public:
  Group& create(Account& creator, std::string subject, std::int64_t now);
  /// Null for other addresses and unknown groups.
  Group* find(const Jid& jid) noexcept;
  Group* by_invite(std::string_view code) noexcept;
  /// A new code; the old one is worth nothing any more.
  void renew_invite(Group& group);
  std::vector<const Group*> of(const Account& account) const;

 private:
  std::vector<std::unique_ptr<Group>> groups_;
  std::unordered_map<std::string, Group*> by_id_;
};

}  // namespace linekeeper::sandbox
