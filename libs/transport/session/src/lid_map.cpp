#include "lid_map.hpp"

#include "linekeeper/session/state_fields.hpp"

namespace linekeeper::transport {

LidMap::LidMap(const message::OwnAddresses& own) {
  if (!own.lid || own.lid->user.empty()) return;
  lid_of_[own.pn.user] = own.lid->user;
  pn_of_[own.lid->user] = own.pn.user;
}

void LidMap::want(const Jid& person) {
  if (!person.is_user()) return;
  if (person.is_pn() && !lid_of_.contains(person.user)) wanted_.insert(lid_field(person.user));
  if (person.is_lid() && !pn_of_.contains(person.user)) wanted_.insert(pn_field(person.user));
}

void LidMap::learn(const Jid& a, const Jid& b) {
  if (!a.is_user() || !b.is_user() || a.is_pn() == b.is_pn()) return;
  const std::string& pn = a.is_pn() ? a.user : b.user;
  const std::string& lid = a.is_pn() ? b.user : a.user;
  if (const auto known = lid_of_.find(pn); known != lid_of_.end() && known->second == lid) return;
  lid_of_[pn] = lid;
  pn_of_[lid] = pn;
  learned_[pn] = lid;
  wanted_.insert(lid_field(pn));
}

std::vector<std::string> LidMap::fields() const {
  return {wanted_.begin(), wanted_.end()};
}

void LidMap::load(const Fetched& found) {
  for (const auto& [field, value] : found) {
    if (!wanted_.contains(field) || value.empty()) continue;
    stored_[field] = value;
    const std::string text = to_text(value);
    if (field.starts_with("lid/")) {
      const std::string pn = field.substr(4);
      if (lid_of_.try_emplace(pn, text).second) pn_of_.try_emplace(text, pn);
    } else if (field.starts_with("pn/")) {
      const std::string lid = field.substr(3);
      if (pn_of_.try_emplace(lid, text).second) lid_of_.try_emplace(text, lid);
    }
  }
}

std::optional<Jid> LidMap::other(const Jid& jid) const {
  if (!jid.is_user()) return std::nullopt;
  const auto& table = jid.is_pn() ? lid_of_ : pn_of_;
  const auto it = table.find(jid.user);
  if (it == table.end()) return std::nullopt;
  return Jid{it->second, jid.is_pn() ? Server::lid : Server::pn, jid.device, 0};
}

Jid LidMap::canonical(const Jid& jid) const {
  if (!jid.is_pn()) return jid;
  return other(jid).value_or(jid);
}

std::string LidMap::phone(const Jid& jid) const {
  if (jid.is_pn()) return jid.user;
  const auto pn = other(jid);
  return pn ? pn->user : std::string();
}

Changes LidMap::changes() const {
  Changes changes;
  for (const auto& [pn, lid] : learned_) {
    const auto stored = stored_.find(lid_field(pn));
    if (stored != stored_.end() && as_text(stored->second) == lid) continue;
    changes.push_back({lid_field(pn), to_bytes(lid)});
    changes.push_back({pn_field(lid), to_bytes(pn)});
  }
  return changes;
}

}  // namespace linekeeper::transport
