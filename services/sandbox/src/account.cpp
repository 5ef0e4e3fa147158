#include "account.hpp"

#include <algorithm>

#include "phone.hpp"

namespace linekeeper::sandbox {

void AppStateCollection::add(ByteView patch) {
  Bytes inner{0x08};  // SyncdVersion.version
  std::uint64_t next = version() + 1;
  for (; next >= 0x80; next >>= 7U)
    inner.push_back(static_cast<std::uint8_t>(next | 0x80U));
  inner.push_back(static_cast<std::uint8_t>(next));
  // Concatenated protobufs merge, so nothing has to be decoded.
  Bytes out{0x0a, static_cast<std::uint8_t>(inner.size())};
  append(out, inner);
  append(out, patch);
  patches.push_back(std::move(out));
}

Account::Account(std::string number, std::string hidden_id)
    : pn{std::move(number), Server::pn}, lid{std::move(hidden_id), Server::lid} {
  privacy = {{"last", "all"},         {"online", "all"},  {"profile", "all"},  {"status", "all"}, {"groupadd", "all"},
             {"readreceipts", "all"}, {"calladd", "all"}, {"messages", "all"}, {"defense", "off"}};
}

Account::~Account() = default;

Jid Account::named_like(const Jid& like, std::uint16_t device_id) const {
  return (like.is_lid() ? lid : pn).with_device(device_id);
}

Jid Account::other_name(const Jid& like) const {
  return like.is_lid() ? pn : lid;
}

Device* Account::device(std::uint16_t id) const noexcept {
  const auto at = companions.find(id);
  return at == companions.end() ? nullptr : at->second.get();
}

const std::string& Account::notify_name(const Device* from) const noexcept {
  return from != nullptr && !from->name.empty() ? from->name : push_name;
}

std::optional<std::uint16_t> Account::reserve_device() {
  constexpr std::uint16_t kLast = 255;  // one byte on the wire
  constexpr std::uint16_t kHosted = 99;
  for (int tries = 0; tries < kLast; ++tries) {
    last_device_ = last_device_ == kLast ? 1 : static_cast<std::uint16_t>(last_device_ + 1);
    if (last_device_ == kHosted || companions.contains(last_device_) || reserved.contains(last_device_)) continue;
    reserved.insert(last_device_);
    return last_device_;
  }
  return std::nullopt;
}

bool Account::available() const noexcept {
  return std::any_of(companions.begin(), companions.end(), [](const auto& entry) { return entry.second->available; });
}

std::int64_t Account::last_seen() const noexcept {
  std::int64_t latest = 0;
  for (const auto& [id, companion] : companions)
    latest = std::max(latest, companion->last_seen);
  return latest;
}

}  // namespace linekeeper::sandbox
