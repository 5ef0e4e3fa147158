#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "account.hpp"

namespace linekeeper::sandbox {

/// All accounts, found by number or hidden id. Accounts are never deleted, so pointers to them stay good.
class Directory {
 public:
  Directory();
  ~Directory();

  /// Digits only, 7 to 15 of them, not starting with 0. Null if it exists already or is no number.
  Account* create(std::string number);
  /// The next unused number of the sandbox's own range.
  Account& create();

  Account* by_number(std::string_view number) const;
  /// Null for addresses that are no users and for unknown ones.
  Account* find(const Jid& jid) const;
  /// The account that announces this push name, null if none does.
  Account* by_push_name(std::string_view name) const;

  const std::vector<std::unique_ptr<Account>>& all() const noexcept { return accounts_; }

 private:
  std::vector<std::unique_ptr<Account>> accounts_;
  std::unordered_map<std::string, Account*> by_number_;
  std::unordered_map<std::string, Account*> by_hidden_id_;
  std::uint64_t next_number_ = 1;
};

/// Digits of a typed number; nothing if letters are in it or it cannot be an international number.
std::optional<std::string> normal_number(std::string_view typed);

}  // namespace linekeeper::sandbox
