#include "core.hpp"

#include "phone.hpp"
#include "presence.hpp"
#include "stanza.hpp"

namespace linekeeper::sandbox {

using std::chrono::milliseconds;

Core::Core(CoreSettings core_settings, Clock clock, Wire& sockets)
    : settings(std::move(core_settings)), wire(sockets), clock_(std::move(clock)) {}

std::int64_t Core::now() const {
  return std::chrono::duration_cast<std::chrono::seconds>(clock_()).count() + settings.clock_skew_seconds;
}

std::string Core::next_id() {
  return "lk-" + std::to_string(next_id_++);
}

Line* Core::line(ConnectionId id) {
  const auto at = lines.find(id);
  return at == lines.end() ? nullptr : &at->second;
}

Subject Core::subject(const Line& line) {
  if (line.device != nullptr) return subject(*line.device);
  return {line.id, {}, -1};
}

Subject Core::subject(const Device& device) {
  return {device.line == nullptr ? 0 : device.line->id, device.account.number(), device.id};
}

void Core::note(Line& line, bool inbound, const Node& stanza) {
  Journal& journal = line.device != nullptr ? line.device->journal : line.journal;
  journal.note(++journal_number_, clock_().count(), inbound, stanza);
}

void Core::send(Line& line, const Node& stanza) {
  ++line.stanzas_out;
  note(line, false, stanza);
  wire.send(line.id, stanza);
  if (faults.all().empty()) return;
  if (const auto drop = faults.count_stanza(subject(line), false)) wire.cut(line.id);
}

void Core::send_later(Line& line, Node stanza, milliseconds delay) {
  timers.at(clock_() + delay, [this, id = line.id, stanza = std::move(stanza)] {
    if (Line* still = this->line(id)) send(*still, stanza);
  });
}

void Core::detach(Line& line) {
  for (Account* watched : line.watched)
    std::erase_if(watched->watchers, [&](const Watcher& w) { return w.line == &line; });
  line.watched.clear();
  if (line.registration)
    for (const std::string& ref : line.registration->refs)
      refs.erase(ref);
  if (line.device != nullptr && line.device->line == &line) {
    Device& device = *line.device;
    device.line = nullptr;
    device.stays.end(clock_().count(), false);
    if (std::exchange(device.available, false)) {
      device.last_seen = now();
      if (!device.account.available()) announce_presence(*this, device.account);
    }
  }
  line.device = nullptr;
  line.stage = Line::Stage::ending;
}

void Core::end(Line& line, const Node& last) {
  send(line, last);
  detach(line);
  wire.close(line.id);
}

void Core::transmit(Device& device, OfflineQueue::Item& item, bool offline) {
  ++device.counters.delivered;
  if (item.deliveries++ > 0) ++device.counters.redelivered;
  Line& line = *device.line;
  const bool message = item.stanza.tag == "message";
  const auto corrupt = message && !faults.all().empty() ? faults.take("corrupt-enc", subject(device)) : std::nullopt;
  if (!offline && !corrupt) return send(line, item.stanza);

  Node copy = item.stanza;
  if (offline) copy.with("offline", item.deliveries - 1);
  if (corrupt) {
    for (Node& child : std::get<std::vector<Node>>(copy.content))
      if (child.tag == "enc" && std::holds_alternative<Bytes>(child.content) && !child.bytes().empty())
        std::get<Bytes>(child.content).back() ^= 0x01;
  }
  send(line, copy);
}

void Core::deliver(Device& device, Node stanza) {
  const bool message = stanza.tag == "message";
  OfflineQueue::Item& item = device.queue.push(std::move(stanza));
  if (device.line == nullptr || device.line->stage != Line::Stage::active) return;
  transmit(device, item, false);
  if (message && !faults.all().empty() && faults.take("duplicate", subject(device))) transmit(device, item, false);
}

void Core::deliver_all(Account& account, const Node& stanza, const Device* except) {
  for (const auto& [id, companion] : account.companions)
    if (companion.get() != except) deliver(*companion, stanza);
}

void Core::tell(Device& device, const Node& stanza) {
  if (device.line != nullptr && device.line->stage == Line::Stage::active) send(*device.line, stanza);
}

void drain(Core& core, Device& device) {
  Line& line = *device.line;
  line.stage = Line::Stage::active;
  device.stays.listens(core.clock_ms().count());
  const OfflineQueue::Counts counts = device.queue.counts();
  std::size_t claimed = counts.total();
  bool hold = false;
  if (const auto fault = core.faults.take("offline", Core::subject(device))) {
    hold = fault->text("hold") == "on";
    claimed += fault->number("add").value_or(0);
  }
  core.send(line, Node("ib")
                      .with("from", transport::server_jid())
                      .add(Node("offline_preview")
                               .with("count", claimed)
                               .with("message", counts.message)
                               .with("notification", counts.notification)
                               .with("receipt", counts.receipt)
                               .with("appdata", counts.other)));
  // The list only grows at its end and only by this thread: iterating while sending is safe.
  for (OfflineQueue::Item& item : device.queue.items())
    core.transmit(device, item, true);
  if (hold) return;
  core.send(line, Node("ib").with("from", transport::server_jid()).add(Node("offline").with("count", claimed)));
}

Node stream_error(unsigned code) {
  return Node("stream:error").with("code", code);
}

Node conflict_error(const char* type) {
  Node error("stream:error");
  if (std::string_view(type) != "replaced") error.with("code", 401);
  return error.add(Node("conflict").with("type", type));
}

}  // namespace linekeeper::sandbox
