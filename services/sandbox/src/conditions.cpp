#include "conditions.hpp"

#include <algorithm>

#include "phone.hpp"
#include "views.hpp"

namespace linekeeper::sandbox {

using nlohmann::json;

namespace {

bool fits(const JournalEntry& entry, const Condition& filter) {
  if (entry.number <= filter.since) return false;
  if (!filter.tag.empty() && entry.tag != filter.tag) return false;
  if (!filter.id.empty() && entry.id != filter.id) return false;
  if (!filter.type.empty() && entry.type != filter.type) return false;
  if (!filter.child.empty() && entry.child != filter.child) return false;
  return filter.direction.empty() || filter.direction == (entry.inbound ? "in" : "out");
}

void collect(json& into, const Journal& journal, const Condition& filter) {
  for (const JournalEntry& entry : journal.entries())
    if (fits(entry, filter)) into.push_back(view(entry));
}

bool active(const Device& device) {
  return device.line != nullptr && device.line->stage == Line::Stage::active;
}

json when(bool holds, json what) {
  return holds ? std::move(what) : json();
}

}  // namespace

const std::vector<std::pair<std::string_view, std::string_view>>& conditions() {
  static const std::vector<std::pair<std::string_view, std::string_view>> names{
      {"registering", "at least `count` connections show QR codes"},
      {"code-requested", "a client asked `phone` for a pairing code"},
      {"linked", "`phone` has at least `count` linked devices, or `device` is one of them"},
      {"removed", "`phone` has no such `device`"},
      {"connected", "`device` of `phone` (or any of its devices) is logged in and got its queue"},
      {"disconnected", "`device` of `phone` (or all of its devices) has no connection"},
      {"connections", "exactly `count` connections are open"},
      {"drained", "`device` of `phone` has confirmed everything"},
      {"queued", "at least `count` stanzas wait for `device` of `phone`"},
      {"keys", "at least `count` one-time keys of `device` of `phone` are here"},
      {"received", "`phone` has received at least `count` messages, or one with this `text`"},
      {"stanza", "`count` journal entries fit `tag`, `id`, `type`, `child`, `direction`, newer than `since`"},
  };
  return names;
}

json read_journal(Core& core, const Condition& filter) {
  json out = json::array();
  if (filter.connection) {
    const Line* line = core.line(*filter.connection);
    if (line != nullptr) collect(out, line->device != nullptr ? line->device->journal : line->journal, filter);
    return out;
  }
  const Account* account = core.directory.by_number(filter.phone);
  if (account == nullptr) return out;
  for (const auto& [id, companion] : account->companions)
    if (!filter.device || *filter.device == id) collect(out, companion->journal, filter);
  return out;
}

std::optional<json> check(Core& core, const Condition& c, std::string& why) {
  const auto met = [](json what) -> std::optional<json> {
    if (what.is_null()) return std::nullopt;
    return what;
  };
  if (c.until == "registering") {
    const auto count =
        static_cast<std::uint64_t>(std::count_if(core.lines.begin(), core.lines.end(), [](const auto& l) {
          return l.second.registration && l.second.stage == Line::Stage::registering;
        }));
    return met(when(count >= c.count, {{"registering", count}}));
  }
  if (c.until == "connections") return met(when(core.lines.size() == c.count, {{"connections", core.lines.size()}}));
  if (c.until == "stanza") {
    json found = read_journal(core, c);
    return met(when(found.size() >= c.count, {{"stanzas", found}}));
  }
  const auto& known = conditions();
  if (std::none_of(known.begin(), known.end(), [&](const auto& entry) { return entry.first == c.until; })) {
    why = "there is no condition '" + c.until + "'; GET /admin lists them";
    return std::nullopt;
  }
  Account* account = core.directory.by_number(c.phone);
  if (account == nullptr) {
    if (c.phone.empty()) why = "'" + c.until + "' needs a phone";
    return std::nullopt;
  }
  if (c.until == "code-requested") {
    for (const auto& [id, line] : core.lines)
      if (line.registration && line.registration->code && line.registration->code->account == account)
        return json{{"connection", id}};
    return std::nullopt;
  }
  if (c.until == "received") {
    const auto& inbox = account->phone->inbox();
    if (!c.text.empty()) {
      const auto at = std::find_if(inbox.begin(), inbox.end(), [&](const Mail& mail) { return mail.text == c.text; });
      return at == inbox.end() ? std::nullopt : std::optional(view(*at));
    }
    const std::uint64_t count = inbox.empty() ? 0 : inbox.back().number;
    return met(when(count >= c.count, {{"received", count}}));
  }
  if (c.until == "linked") {
    const bool holds = c.device ? account->device(static_cast<std::uint16_t>(*c.device)) != nullptr
                                : account->companions.size() >= c.count;
    return met(when(holds, view(*account)));
  }
  if (!c.device) {
    const auto& all = account->companions;
    const auto any = std::find_if(all.begin(), all.end(), [](const auto& e) { return active(*e.second); });
    if (c.until == "connected") return any == all.end() ? std::nullopt : std::optional(view(*any->second));
    const bool none = std::all_of(all.begin(), all.end(), [](const auto& e) { return e.second->line == nullptr; });
    if (c.until == "disconnected") return met(when(none, view(*account)));
    why = "'" + c.until + "' needs a device";
    return std::nullopt;
  }
  const Device* device = account->device(static_cast<std::uint16_t>(*c.device));
  if (c.until == "removed") return met(when(device == nullptr, view(*account)));
  if (device == nullptr) return std::nullopt;
  bool holds = false;
  if (c.until == "connected") holds = active(*device);
  if (c.until == "disconnected") holds = device->line == nullptr;
  if (c.until == "drained") holds = device->queue.empty();
  if (c.until == "queued") holds = device->queue.size() >= c.count;
  if (c.until == "keys") holds = device->keys.left() >= c.count;
  return met(when(holds, view(*device)));
}

}  // namespace linekeeper::sandbox
