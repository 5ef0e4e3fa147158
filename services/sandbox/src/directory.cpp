#include "directory.hpp"

#include <algorithm>

#include "phone.hpp"

namespace linekeeper::sandbox {

namespace {

/// Fifteen digits that have nothing to do with the number but the same for every run, so that logs compare.
std::string hidden_id(std::size_t index) {
  return std::to_string(100'000'000'000'000ULL + (index + 1) * 7'368'787'003'121ULL % 800'000'000'000'000ULL);
}

}  // namespace

Directory::Directory() = default;
Directory::~Directory() = default;

std::optional<std::string> normal_number(std::string_view typed) {
  std::string digits;
  for (const char c : typed) {
    if (c >= '0' && c <= '9')
      digits += c;
    else if (std::string_view("+ -()./").find(c) == std::string_view::npos)
      return std::nullopt;
  }
  if (digits.size() < 7 || digits.size() > 15 || digits.front() == '0') return std::nullopt;
  return digits;
}

Account* Directory::create(std::string number) {
  const auto digits = normal_number(number);
  if (!digits || by_number_.contains(*digits)) return nullptr;
  auto account = std::make_unique<Account>(*digits, hidden_id(accounts_.size()));
  account->phone = std::make_unique<Phone>(*account);
  Account* made = account.get();
  accounts_.push_back(std::move(account));
  by_number_[made->pn.user] = made;
  by_hidden_id_[made->lid.user] = made;
  return made;
}

Account& Directory::create() {
  for (;;) {
    const std::string digits = std::to_string(next_number_++);
    // 555-01xx is the range for invented numbers; what follows counts up.
    Account* made = create("155501" + std::string(5 - std::min<std::size_t>(5, digits.size()), '0') + digits);
    if (made != nullptr) return *made;
  }
}

Account* Directory::by_number(std::string_view number) const {
  const auto at = by_number_.find(std::string(number));
  return at == by_number_.end() ? nullptr : at->second;
}

Account* Directory::find(const Jid& jid) const {
  if (!jid.is_user()) return nullptr;
  const auto& index = jid.is_lid() ? by_hidden_id_ : by_number_;
  const auto at = index.find(jid.user);
  return at == index.end() ? nullptr : at->second;
}

Account* Directory::by_push_name(std::string_view name) const {
  if (name.empty()) return nullptr;
  const auto at = std::find_if(accounts_.begin(), accounts_.end(), [&](const auto& a) { return a->push_name == name; });
  return at == accounts_.end() ? nullptr : at->get();
}

}  // namespace linekeeper::sandbox
