#include "views.hpp"

namespace linekeeper::sandbox {

using nlohmann::json;

json view(const Mail& mail) {
  return {{"number", mail.number},   {"id", mail.id},     {"from", mail.from.str()},
          {"chat", mail.chat.str()}, {"own", mail.own},   {"kind", mail.kind},
          {"text", mail.text},       {"time", mail.time}, {"read", mail.read}};
}

json view(const SentMail& mail) {
  return {{"id", mail.id},
          {"chat", mail.chat.str()},
          {"kind", mail.kind},
          {"delivered", mail.delivered},
          {"read", mail.read}};
}

json view(const Stay& stay) {
  json out{{"from_ms", stay.from_ms}, {"replaced", stay.replaced}};
  if (stay.active_ms != 0) out["active_ms"] = stay.active_ms;
  if (stay.until_ms != 0) out["until_ms"] = stay.until_ms;
  return out;
}

json view(const Device& device) {
  json stays = json::array();
  for (const Stay& stay : device.stays.all())
    stays.push_back(view(stay));
  const DeviceCounters& c = device.counters;
  const OfflineQueue::Counts& q = device.queue.counts();
  return {{"phone", device.account.number()},
          {"device", device.id},
          {"jid", device.account.pn.with_device(device.id).str()},
          {"lid", device.account.lid.with_device(device.id).str()},
          {"key_index", device.key_index},
          {"system", device.system},
          {"name", device.name},
          {"connection", device.line == nullptr ? json() : json(device.line->id)},
          {"active", device.line != nullptr && device.line->stage == Line::Stage::active},
          {"available", device.available},
          {"keys_left", device.keys.left()},
          {"queue",
           {{"total", q.total()}, {"message", q.message}, {"notification", q.notification}, {"receipt", q.receipt}}},
          {"queue_overflowed", device.queue.overflowed()},
          {"stays", std::move(stays)},
          {"counters",
           {{"logins", c.logins},
            {"replaced", c.replaced},
            {"messages_sent", c.messages_sent},
            {"messages_repeated", c.messages_repeated},
            {"messages_to_nobody", c.messages_to_nobody},
            {"delivered", c.delivered},
            {"redelivered", c.redelivered},
            {"confirmed", c.confirmed},
            {"retries_asked", c.retries_asked},
            {"nacks", c.nacks},
            {"keys_handed_out", c.keys_handed_out},
            {"keyless_bundles", c.keyless_bundles}}}};
}

namespace {

const char* name_of(Line::Stage stage) {
  switch (stage) {
    case Line::Stage::registering: return "registering";
    case Line::Stage::passive: return "passive";
    case Line::Stage::active: return "active";
    case Line::Stage::ending: return "ending";
  }
  return "";
}

}  // namespace

json view(const Line& line, std::int64_t now_ms) {
  json out{{"connection", line.id},
           {"stage", name_of(line.stage)},
           {"age_ms", now_ms - line.since_ms},
           {"stanzas_in", line.stanzas_in},
           {"stanzas_out", line.stanzas_out}};
  if (line.device != nullptr) {
    out["phone"] = line.device->account.number();
    out["device"] = line.device->id;
  }
  if (line.registration) {
    out["system"] = line.registration->system;
    out["link_offered"] = line.registration->pending.has_value();
    out["code_for"] = line.registration->code ? json(line.registration->code->account->number()) : json();
  }
  return out;
}

json view(const Account& account) {
  json devices = json::array();
  for (const auto& [id, companion] : account.companions)
    devices.push_back(id);
  return {{"phone", account.number()},
          {"jid", account.pn.str()},
          {"lid", account.lid.str()},
          {"name", account.push_name},
          {"about", account.about},
          {"restricted", account.restricted},
          {"devices", std::move(devices)},
          {"available", account.available()},
          {"login_attempts", account.login_attempts},
          {"received", account.phone->inbox().empty() ? 0 : account.phone->inbox().back().number},
          {"undecryptable", account.phone->undecryptable()}};
}

json view(const JournalEntry& entry) {
  json out{{"number", entry.number},
           {"time_ms", entry.time_ms},
           {"direction", entry.inbound ? "in" : "out"},
           {"tag", entry.tag}};
  const auto put = [&](const char* key, const std::string& value) {
    if (!value.empty()) out[key] = value;
  };
  put("id", entry.id);
  put("type", entry.type);
  put(entry.inbound ? "to" : "from", entry.peer);
  put(entry.tag == "iq" ? "xmlns" : "class", entry.about);
  put("child", entry.child);
  put("error", entry.error);
  if (entry.offline) out["offline"] = true;
  return out;
}

json view(const Fault& fault) {
  json out{{"id", fault.id}, {"kind", fault.kind}, {"hits", fault.hits}};
  if (fault.connection) out["connection"] = *fault.connection;
  if (fault.phone) out["phone"] = *fault.phone;
  if (fault.device) out["device"] = *fault.device;
  if (fault.times) out["times"] = *fault.times;
  for (const auto& [name, value] : fault.parameters)
    out[name] = value;
  return out;
}

json view(const CoreCounters& counters) {
  return {{"connections", counters.connections},
          {"pairings", counters.pairings},
          {"pairings_failed", counters.pairings_failed},
          {"logins", counters.logins},
          {"logins_refused", counters.logins_refused},
          {"conflicts", counters.conflicts},
          {"messages", counters.messages},
          {"malformed", counters.malformed},
          {"unknown_iqs", counters.unknown_iqs},
          {"phone_undecryptable", counters.phone_undecryptable}};
}

}  // namespace linekeeper::sandbox
