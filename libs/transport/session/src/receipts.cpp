#include <algorithm>
#include <map>

#include "connection.hpp"
#include "flows.hpp"
#include "lid_map.hpp"
#include "linekeeper/message/receipt.hpp"
#include "retry_copies.hpp"

namespace linekeeper::transport {
namespace asio = boost::asio;
namespace {

using message::ReceiptType;

/// What people want to hear of; nothing for talk between devices.
std::optional<ReceiptKind> kind_of(ReceiptType type) {
  switch (type) {
    case ReceiptType::delivered:
    case ReceiptType::inactive: return ReceiptKind::delivered;
    case ReceiptType::read: return ReceiptKind::read;
    case ReceiptType::played: return ReceiptKind::played;
    default: return std::nullopt;
  }
}

/// Whether the device that says so has the message: then its copy is not needed any more.
bool has_it(ReceiptType type) {
  return kind_of(type) || type == ReceiptType::sender;
}

}  // namespace

asio::awaitable<void> receive_receipt(Connection& line, Node stanza) {
  auto parsed = message::parse_receipt(stanza);
  if (!parsed) {
    line.acknowledge(stanza);
    co_return;
  }
  if (parsed->type == ReceiptType::retry) {
    co_await answer_retry(line, std::move(stanza));
    co_return;
  }
  const auto kind = kind_of(parsed->type);
  if (!has_it(parsed->type)) {
    line.acknowledge(stanza);
    co_return;
  }

  auto guard = co_await line.lock_state();
  if (!guard) co_return;
  std::vector<std::string> fields;
  for (const auto& entry : parsed->entries)
    fields.push_back(RetryBlock::field(entry.message_id));
  std::sort(fields.begin(), fields.end());
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  // Receipts of a group name its members: pairs of people nobody may have written to yet.
  LidMap people(line.own());
  if (parsed->participant_alternative) people.learn(parsed->entries.front().by, *parsed->participant_alternative);
  std::vector<std::string> all = fields;
  const auto mapping = people.fields();
  all.insert(all.end(), mapping.begin(), mapping.end());
  auto found = co_await line.fetch(std::move(all));
  if (!found) co_return;
  people.load(*found);

  Changes changes = people.changes();
  for (const std::string& field : fields) {
    const auto it = found->find(field);
    if (it == found->end()) continue;
    auto block = RetryBlock::read(it->second);
    if (!block) {
      changes.push_back({field, std::nullopt});
      continue;
    }
    bool changed = false;
    for (const auto& entry : parsed->entries) {
      if (RetryBlock::field(entry.message_id) != field) continue;
      changed = block->confirmed(entry.message_id, entry.by) || changed;
    }
    if (changed) changes.push_back({field, block->write()});
  }

  if (!kind || line.own().is_self(parsed->entries.front().by)) {
    auto stored = co_await line.commit(std::move(changes));
    if (stored) line.acknowledge(stanza);
    co_return;
  }
  // One event for each device that speaks: nearly always one.
  std::map<Jid, OutboundReceipt> events;
  for (const auto& entry : parsed->entries) {
    OutboundReceipt& event = events[entry.by];
    event.kind = *kind;
    event.chat = parsed->from.bare();
    event.device = entry.by;
    event.at = std::max(event.at, static_cast<std::int64_t>(entry.time.value_or(0)));
    event.ids.push_back(entry.message_id);
  }
  for (auto& [device, event] : events) {
    Inbound one = std::move(event);
    auto stored = co_await line.commit_inbound(std::move(one), std::exchange(changes, {}));
    if (!stored) co_return;
  }
  line.acknowledge(stanza);
}

}  // namespace linekeeper::transport
